// @ts-check
/** The notebook's demo on the page: what is printed, of which weights, and what is typed. The print itself is held in tests/unit/numpy.test.mjs and compare.test.mjs. */
import assert from 'node:assert/strict';
import { visitors } from './browser.mjs';
import { judge } from './demo.mjs';

/** @typedef {import('./browser.mjs').Visitor} Visitor */

const visit = visitors();

/** @param {Visitor} visitor @param {string} W @param {string} x */
async function compareTyped(visitor, W, x) {
  await visitor.find('typed-W').fill(W);
  await visitor.find('typed-x').fill(x);
  await visitor.press('compare');
}

visit(
  'before any run the untrained networks are asked, also of W and x as they are typed; every draw is another, printed as the notebook prints it, and the same seed draws the same; W and x are compared as they are typed or printed, and what cannot be read is refused in a sentence; a draw asked for while a run goes on is answered, and the run goes on',
  {},
  async (visitor) => {
    await visitor.press('compare');
    const first = await visitor.comparison();
    const { wx } = judge(first, 2);
    assert.ok(Math.abs(wx[0] - 0.1) < 1e-6 && Math.abs(wx[1] + 2.61) < 1e-6, `${wx}`);
    await visitor.press('draw');
    const asked = await visitor.comparison(first);
    const untrained = judge(asked, 2);
    assert.match(await visitor.text('comparison-caption'), /, before any training\./);
    assert.equal(await visitor.state(), 'idle');
    const lines = await visitor.train();
    const texts = [await visitor.comparison(asked)];
    const trained = judge(texts[0], 2);
    assert.deepEqual(trained.wx, untrained.wx);
    assert.notDeepEqual(trained.approx, untrained.approx);
    for (let draw = 1; draw <= 3; draw += 1) {
      await visitor.press('draw');
      texts.push(await visitor.comparison(texts.at(-1)));
      assert.match(await visitor.text('comparison-caption'), new RegExp(`^Draw ${draw} of seed 42, after 5 epochs\\. W\u00a0= \\[\\[`));
    }
    assert.equal(new Set(texts.map((text) => judge(text, 2).wx.join())).size, 4);
    await visitor.press('reset');
    await visitor.reach('done');
    assert.deepEqual(await visitor.lines(), lines, 'Train had begun at the beginning');
    assert.equal(await visitor.comparison(texts[3]), texts[0]);
    await visitor.press('draw');
    assert.equal(await visitor.comparison(texts[0]), texts[1]);

    await visitor.train({ d: 3, n: 64, epochs: 1 });
    await visitor.heldOut();
    const drawn = await visitor.comparison(texts[1]);
    for (const [W, x, sentence] of /** @type {[string, string, RegExp][]} */ ([
      ['1 2 3', '1 2 3', /^W needs 9 numbers at this d, and 3 were given/],
      ['1 2 3 4 5 6 7 8 9', '1 NaN 1', /^x holds “NaN”/],
      ['<img/src=x/onerror=alert(1)> 2 3 4', '1 1', /^W holds “‹img\/src=x/],
    ])) {
      await compareTyped(visitor, W, x);
      await visitor.eventually(async () => assert.match(await visitor.text('notice'), sentence));
      assert.equal(await visitor.text('comparison'), drawn);
    }
    // The sister notebook's toy case.
    await compareTyped(visitor, '[[-.8, -.8, -.8]\n [.5, .5, .5]; [.2,.3,1]]', '1, 0.1\t2');
    judge(await visitor.comparison(drawn), 3);
    assert.match(await visitor.text('comparison-caption'), /^Your W and x, after 1 epoch\./);
    assert.equal(await visitor.text('notice'), '');

    // What the page prints of a draw is read back, and so is what other tools print.
    const typedLast = await visitor.text('comparison');
    await visitor.train({ d: 2 });
    await visitor.heldOut();
    const text = await visitor.comparison(typedLast);
    const caption = await visitor.text('comparison-caption');
    const typed = () => Promise.all(['typed-W', 'typed-x'].map((id) => visitor.find(id).inputValue()));
    // The whole line in one field: W and x go where they belong.
    await compareTyped(visitor, caption.slice(caption.indexOf('W')), '');
    await visitor.eventually(async () => assert.match(await visitor.text('comparison-caption'), /^Your W and x/));
    assert.equal(await visitor.text('comparison'), text, 'the same draw to the last digit');
    const [W, x] = await typed();
    assert.ok(W.startsWith('[[') && W.endsWith(']]') && x.startsWith('[') && x.endsWith(']'), `${W} ${x}`);
    await visitor.eventually(async () => assert.match(visitor.page.url(), /&W=[^&]+&x=/));
    await compareTyped(visitor, "tensor([[ 1.0000, 0.5000], [-0.3000, 2.0000]], device='cuda:0')", 'array([ 0.7, −1.2], dtype=float32)');
    const read = await visitor.comparison(text);
    await visitor.eventually(async () => assert.match(visitor.page.url(), /&W=1,0\.5,-0\.3,2&x=0\.7,-1\.2/));
    // Another comparison is on show in between.
    await visitor.press('draw');
    await visitor.comparison(read);
    await compareTyped(visitor, '1 0.5 -0.3 2', '0.7 -1.2');
    await visitor.eventually(async () => assert.equal(await visitor.text('comparison'), read));
    await visitor.eventually(async () => assert.match(visitor.page.url(), /&W=1,0\.5,-0\.3,2&x=0\.7,-1\.2/));
    await compareTyped(visitor, 'tensor([[1, nan], [-0.3, 2]])', '0.7 -1.2');
    await visitor.eventually(async () => assert.match(await visitor.text('notice'), /^W holds “nan”/));

    await visitor.type({ n: 8_192, epochs: 100_000 });
    await visitor.press('train');
    // Of this run, and no longer of the one before.
    await visitor.page.locator('#status-epoch', { hasText: 'of 100,000' }).waitFor();
    await visitor.underWay({ epochs: 1 });
    const last = await visitor.text('comparison');
    await visitor.press('draw');
    judge(await visitor.comparison(last), 2);
    assert.match(await visitor.text('comparison-caption'), /, while it trains, in epoch \d/);
    await visitor.underWay({ epochs: (await visitor.lines()).length + 1 });
    assert.equal(await visitor.state(), 'running');

    // What was typed stays on show at the end, by the weights of the end.
    await visitor.press('pause');
    await visitor.reach('paused');
    await visitor.type({ epochs: 20 });
    await visitor.ease(100);
    await visitor.trainAndPause(1);
    await visitor.ease(0);
    await compareTyped(visitor, '1 0.5 -0.3 2', '0.7 -1.2');
    await visitor.eventually(async () => assert.match(await visitor.text('comparison-caption'), /^Your W and x, /));
    await visitor.press('pause');
    await visitor.reach('done');
    await visitor.eventually(async () => assert.match(await visitor.text('comparison-caption'), /^(Your W and x|Draw \d+ of seed 42), after 20 epochs\./));
    assert.match(await visitor.text('comparison-caption'), /^Your W and x/);
  },
);
