// @ts-check
/** The page's wiring: one object for each part of it. Knows no wasm and no worker. */
import { byId } from '../dom/dom.js';
import { choose } from '../dom/theme.js';
import { wireViews } from '../dom/views.js';
import { Gap } from '../view/run/gap.js';
import { BackendLine } from '../view/run/backend-line.js';
import { Controls } from '../view/run/controls.js';
import { Learned } from '../view/run/learned.js';
import { Log } from '../view/run/log.js';
import { Offer } from '../view/run/offer.js';
import { Ready } from '../view/run/ready.js';
import { Rescue } from '../view/run/rescue.js';
import { RunsSection } from '../view/run/runs-section.js';
import { SourceSection } from '../view/run/source.js';
import { SpokenRun } from '../view/run/spoken-run.js';
import { StatusLine } from '../view/run/status-line.js';
import { Table } from '../view/run/table.js';
import { Report } from '../view/share/report.js';
import { Share } from '../view/share/share.js';
import { pageContext } from './context.js';
import { loadWhenNear } from './near.js';

const PARTS = [StatusLine, SpokenRun, Learned, Log, Table, Gap, Offer, Ready, SourceSection, Share, Report, Rescue, RunsSection, BackendLine, Controls];

const context = pageContext();
for (const Part of PARTS) new Part(context);
loadWhenNear(context);
wireViews();
choose(byId('theme', HTMLSelectElement));
addEventListener('load', async () => {
  const { offline } = await import('./offline.js');
  await offline();
});
