// @ts-check
/**
 * A walk through every state that the page has: what is to hold in each of them is asked at each stop. Those who walk bring the question.
 */
import assert from 'node:assert/strict';
import { MISSING, press, SILENT, turned } from './browser.mjs';

/** @typedef {import('./browser.mjs').Circumstances} Circumstances */
/** @typedef {import('./browser.mjs').Visitor} Visitor */
/** What is asked at a stop, and whether another walk has it in the dark too. @typedef {(state: string, elsewhere?: boolean) => Promise<void>} Ask */
/** @typedef {{ name: string, circumstances: Circumstances, walk: (visitor: Visitor, ask: Ask) => Promise<void> }} Walk */

/** Every view of the page, the first one first. */
export const VIEWS = ['run', 'errors', 'limits', 'many', 'layer', 'share', 'about'];

/** What a view loads when it comes near, and what there is once that is done, after a run. @type {Record<string, Record<string, string>>} */
const LOADED = {
  run: { inside: '#inside[data-at]', 'gelu-plot': '#gelu-plot[viewBox]' },
  errors: { errors: '#maps[data-value]' },
  limits: { solving: '#solve', taylor: '#taylor[data-taylor]' },
  many: { sweeps: '#sweep-setup:enabled' },
  layer: { layer: '#layer-take:enabled' },
  share: { takeaway: '#take-weights:enabled' },
  about: { citing: '#copy-cite:enabled' },
};

/** Waits, in a view after a run, until all is there that it loads; and goes back to where it was. @param {Visitor} visitor @param {string} name */
export async function loaded(visitor, name) {
  const { page } = visitor;
  const top = await page.evaluate('scrollY');
  for (const [id, there] of Object.entries(LOADED[name] ?? {})) {
    await near(visitor, id, there);
  }
  await page.evaluate((top) => scrollTo({ top, behavior: 'instant' }), top);
}

/** Goes to a view by its link. @param {Visitor} visitor @param {string} name */
export async function openView({ page }, name) {
  await press(page.locator(`.views a[href*="view=${name}"]`));
}

/** The views of which the walk through the whole page has more, and as narrow. */
const ELSEWHERE = ['errors', 'limits', 'many', 'layer', 'share'];

const PHONE = { width: 360, height: 740 };

/** A sweep of four runs that are over in no time. */
const SWEEP = { axis: 'm', values: '2, 4', seeds: '2' };

/**
 * Brings a part of the page near, which is what loads it, and waits for what is there then. What comes together above may push it away again, where the
 * browser does not hold what is in view. @param {Visitor} visitor @param {string} id @param {string} [there]
 */
export async function near(visitor, id, there) {
  const part = visitor.find(id);
  const come = () => part.evaluate((element) => element.scrollIntoView({ block: 'start', behavior: 'instant' }));
  await part.evaluate(turned);
  await come();
  if (!there) return;
  await visitor.eventually(async () => {
    if ((await visitor.page.locator(there).count()) > 0) return;
    await come();
    assert.fail(`${there} is not there`);
  });
  await visitor.page.locator(there).waitFor();
}

/** Gives the built-in layer, which is solved once its view comes near, the narrowest networks, where none of its figures counts. @param {Visitor} visitor */
export function narrowest(visitor) {
  return visitor.look('layer-hidden', (select) => void Object.assign(select, { value: '32' }));
}

/** Runs in the page: the views that a test has no business in, and parts of others by their ids, are left out, and load and compute nothing. @param {string[]} names */
export const without = (...names) =>
  `addEventListener('DOMContentLoaded', () => ${JSON.stringify(names)}.forEach((name) => {
    (document.getElementById('view-' + name) ?? document.getElementById(name))?.setAttribute('hidden', '');
  }));`;

/**
 * Trains a run that has no end, with a part of the page in view, and pauses once that has been drawn, as its `data-at` says, and an epoch is over.
 * Pressed from afar; Train brings the chart into the window. @param {Visitor} visitor @param {string} id @param {string} at how `data-at` begins
 */
export async function pausedOnceSeen({ page }, id, at) {
  await page.evaluate(
    ([id, at]) => {
      const [section, log, train, pause] = [id, 'log', 'train', 'pause'].map((name) => /** @type {HTMLElement} */ (document.getElementById(name)));
      train.click();
      section.scrollIntoView({ behavior: 'instant' });
      const look = () => (section.dataset.at?.startsWith(at) && log.textContent ? pause.click() : requestAnimationFrame(look));
      look();
    },
    [id, at],
  );
}

/** The methods and the atlas are unfolded, and there. @param {Visitor} visitor */
export async function unfolded(visitor) {
  for (const [id, there] of Object.entries({ methods: '#methods[data-target]', atlas: '#atlas[data-of]' })) {
    await open(visitor, id);
    await near(visitor, id, there);
  }
}

/** @param {Visitor} visitor @param {string} id */
async function open(visitor, id) {
  await visitor.find(id).evaluate((details) => void details.toggleAttribute('open', true));
  await visitor.frames();
}

/** Trains the first epochs of a long run, and is asked while it goes on. @param {Visitor} visitor @param {Ask} ask */
async function running(visitor, ask) {
  await visitor.type({ n: 8_192, epochs: 100_000 });
  await visitor.press('train');
  await visitor.page.locator('#log span, #log:not(:empty)').first().waitFor();
  await visitor.ease(200);
  await ask('running');
  await visitor.ease(0);
  await visitor.press('pause');
  await visitor.reach('paused');
  await open(visitor, 'changing');
  await visitor.find('next-lr').fill('many');
  await visitor.press('change-lr');
  await visitor.eventually(async () => assert.notEqual(await visitor.text('next-lr-error'), ''));
  await ask('paused, with a changed rate that is refused');
}

/** A run with all that can be asked about it. @param {Visitor} visitor @param {Ask} ask */
async function looking(visitor, ask) {
  // The methods solve 24 copies of the closed form of these sizes.
  await visitor.train({ n: 256, hidden: 16, epochs: 30 });
  await visitor.heldOut();
  await visitor.table();
  await visitor.find('chart').press('ArrowLeft');
  await visitor.press('compare');
  await visitor.comparison();
  await visitor.press('trial');
  await visitor.eventually(async () => assert.match(await visitor.text('offer'), /^For this recipe/));
  await near(visitor, 'inside', '#inside[data-at]');
  await open(visitor, 'inside-phi-table');
  await visitor.find('inside-phi').press('ArrowRight');
  await near(visitor, 'errors', '#maps:visible');
  await visitor.page.locator('#maps[data-value]').waitFor();
  await visitor.find('map-x').press('ArrowRight');
  await near(visitor, 'taylor', '#taylor[data-taylor]');
  await near(visitor, 'solving');
  await press(visitor.find('solve'));
  await visitor.page.locator('#solved[data-mse]').waitFor();
  await unfolded(visitor);
  await visitor.find('atlas-beside').check();
  await visitor.frames();
  await ask('done: table, comparison, trial, units inside, errors and maps, Taylor series, methods and atlas, a closed form');
}

/** An older run is shown beside the last one, which is deleted. @param {Visitor} visitor */
async function kept(visitor) {
  await visitor.train({ epochs: 2, n: 256 });
  await visitor.heldOut();
  await near(visitor, 'runs-title');
  await visitor.page.locator('#runs tr').nth(1).locator('.run-show').press('Space');
  await press(
    visitor.page
      .locator('#runs tr')
      .nth(0)
      .getByRole('button', { name: /^Delete/ }),
  );
  await visitor.page.locator('#runs-undo:visible').waitFor();
}

/** The layer without its GELU, and sweeps, which are refused at first. @param {Visitor} visitor @param {Ask} ask */
async function sweeping(visitor, ask) {
  await near(visitor, 'layer', '#layer-take:enabled');
  await open(visitor, 'layer-widths');
  await open(visitor, 'layer-how');
  await visitor.find('layer-chart').press('Home');
  await visitor.find('layer-m').fill('0');
  await visitor.eventually(async () => assert.match(await visitor.text('layer-notice'), /^m = “0” is out of range/));
  await visitor.type({ m: 16, n: 128, epochs: 2, hidden: 8, solve: '' });
  await near(visitor, 'sweeps', '#sweep-setup:enabled');
  await press(visitor.page.locator(`#sweeps button[data-axis=${SWEEP.axis}]`));
  await visitor.find('sweep-values').fill('nothing');
  await visitor.eventually(async () => assert.notEqual(await visitor.text('sweep-values-error'), ''));
  assert.ok(await visitor.find('runs-undo').isVisible());
  await ask('runs side by side, one deleted; a layer without its GELU, a width and a sweep that are refused');
  await visitor.find('sweep-values').fill(SWEEP.values);
  await visitor.find('sweep-seeds').fill(SWEEP.seeds);
  await visitor.eventually(async () => assert.match(await visitor.text('sweep-plan'), /2 values × 2 seeds/));
  await visitor.press('sweep-start');
  await visitor.eventually(async () => assert.equal(await visitor.text('sweep-said'), '4 of 4 runs done.'));
  await open(visitor, 'sweep-runs-details');
  await visitor.find('sweep-chart').press('Home');
  await press(visitor.page.locator('#map-part summary'));
  await visitor.page.locator('#map-start:enabled').waitFor();
  await visitor.find('map-first').fill('64, 128');
  await visitor.find('map-second').fill('4, 8');
  await visitor.find('map-seeds').fill('0');
  await visitor.press('map-start');
  await visitor.eventually(async () => assert.match(await visitor.text('map-notice'), /^seeds = “0” is not a whole number/));
  await visitor.find('map-seeds').fill('1');
  await visitor.press('map-start');
  await visitor.eventually(async () => assert.equal(await visitor.text('map-status'), '4 of 4 runs done.'));
  await ask('a sweep with results, and a map');
  await visitor.find('layer-m').fill('16');
}

/** @param {Visitor} visitor @param {Ask} ask */
async function seeds(visitor, ask) {
  await visitor.train({ m: 4, hidden: 8, n: 128, epochs: 2, seeds: 4 });
  await visitor.heldOut();
  await visitor.press('average');
  await visitor.eventually(async () => assert.match(await visitor.text('average-words'), /^The mean of 4 runs/));
  await open(visitor, 'strip-table');
  await open(visitor, 'seeds-table');
  await visitor.find('strip').press('Home');
  await near(visitor, 'takeaway');
  await open(visitor, 'python-details');
  await visitor.eventually(async () => assert.match(await visitor.text('python'), /load_file/));
  await near(visitor, 'link');
  await visitor.press('copy-link');
  await ask('many seeds, taken away and shared');
}

/** The page's own states, in the order in which a visitor comes to them. @param {Visitor} visitor @param {Ask} ask */
async function through(visitor, ask) {
  await narrowest(visitor);
  await visitor.frames();
  await open(visitor, 'course');
  await visitor.type({ d: '9'.repeat(60) });
  await visitor.press('train');
  await visitor.notice();
  await ask('idle, with a refused recipe, its course open');
  await visitor.type({ d: 2 });
  await running(visitor, ask);
  await looking(visitor, ask);
  await kept(visitor);
  await sweeping(visitor, ask);
  await seeds(visitor, ask);
}

/** Each view by itself, after a run, and as it is on a phone. @param {Visitor} visitor @param {Ask} ask */
async function views(visitor, ask) {
  const { page } = visitor;
  const size = page.viewportSize() ?? PHONE;
  await narrowest(visitor);
  await visitor.train();
  await visitor.heldOut();
  for (const name of VIEWS) {
    await openView(visitor, name);
    await loaded(visitor, name);
    for (const viewport of size.width > PHONE.width ? [size, PHONE] : [size]) {
      await page.setViewportSize(viewport);
      await visitor.frames();
      await ask(`the view ${name}, ${viewport.width} wide`, ELSEWHERE.includes(name));
    }
    await page.setViewportSize(size);
  }
}

/** @type {Walk[]} */
export const WALKS = [
  { name: 'the page', circumstances: { view: 'all' }, walk: through },
  { name: 'the page, view by view', circumstances: { view: '' }, walk: views },
  {
    name: 'a page that fails',
    // As it is written and as it ships.
    circumstances: { view: 'all', site: { 'www/{pkg/cpu/phi_psi_bg,module-cpu-*}.wasm': MISSING }, expect: [/^(answer 404|failed request): /] },
    walk: async (visitor, ask) => {
      await visitor.page.locator('#status[data-state=failed]').waitFor();
      await ask('failed');
    },
  },
  {
    name: 'a frame',
    circumstances: { query: '?embed=1&backend=cpu#v=1&d=2&m=4&hidden=8&n=100&batch=10&epochs=3&lr=0.001&seed=5' },
    walk: async (visitor, ask) => {
      await visitor.eventually(async () => assert.notEqual(await visitor.text('opened'), ''));
      await ask('embedded');
      await visitor.press('train');
      await visitor.reach('done');
      await ask('embedded, done');
    },
  },
  {
    name: 'a presentation',
    circumstances: { query: '?present=1&backend=cpu#v=1&d=2&m=4&hidden=8&n=100&batch=10&epochs=300&lr=0.001&seed=5' },
    walk: async (visitor, ask) => {
      await visitor.page.locator('#present-next:disabled').waitFor();
      await ask('presented');
      await visitor.press('train');
      await visitor.underWay({ epochs: 1 });
      await ask('presented, running');
      await visitor.press('present-skip');
      await visitor.reach('done');
      await visitor.heldOut();
      await ask('presented, done');
      await visitor.type({ m: 'many' });
      await visitor.eventually(async () => assert.notEqual(await visitor.text('m-error'), ''));
      await ask('presented, refused');
    },
  },
  {
    name: 'the bench',
    // What times never answers, and costs nothing meanwhile.
    circumstances: { query: 'www/bench.html', site: { 'www/{worker/bench-worker,bench-worker-*}.js': SILENT } },
    walk: async (visitor, ask) => {
      await visitor.page.locator('#start:enabled').waitFor();
      await ask('bench.html');
      await visitor.press('start');
      await visitor.page.locator('#table tbody td').first().waitFor();
      await ask('bench.html, timing');
    },
  },
  {
    name: 'the API',
    circumstances: { query: 'www/api.html' },
    walk: async (visitor, ask) => {
      await visitor.eventually(async () => assert.notEqual(await visitor.text('example'), ''));
      await ask('api.html');
      await visitor.press('try');
      await visitor.eventually(async () => assert.match(await visitor.text('output'), /the link: /));
      await ask('api.html, run');
    },
  },
];
