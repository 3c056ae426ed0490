// @ts-check
/**
 * «Continue in PyTorch»: the run as a Jupyter notebook that trains on from its weights, which it carries inside.
 *
 * It needs PyTorch and nothing else. The `safetensors` package would read and write its file in one line each, but who has installed
 * torch may not have it, and a first cell that fails is worse than twenty lines that show how simple the format is. No cell has stored
 * output: what is read there was computed there.
 */
import { base64Lines } from './base64.js';
import { MADE_BY } from '../shell/build.js';
import { bibtex, citeLine, foundations } from './cite.js';
import { changes } from '../common/recipe.js';
import { count } from '../common/figures.js';
import { targetOf, yardstickOf } from '../common/targets.js';
import { reachedWords } from './reached.js';
import { codeOf } from './target-code.js';
import { CLASSES, floats, quoted, READ_LAYER, whole, WITHOUT_GELU } from './python.js';

/** @typedef {import('../common/protocol.js').Recipe} Recipe */

/** y' as the page predicts it for one draw: W [d · d] row by row, x [d], y [d].
 * @typedef {{ W: ArrayLike<number>, x: ArrayLike<number>, y: ArrayLike<number> }} Prediction */

/**
 * A run: `weights` is its `.safetensors` file, `link` its address, or nothing, and the prediction is by these weights.
 * `layer` where it draws from one.
 * @typedef {import('./reached.js').Reached & { recipe: Recipe, weights: Uint8Array, link: string, prediction: Prediction, layer?: Layer }} Exported
 */

/** The layer that a run draws from: what its file is called, the beginning of the SHA-256 of that, the scale of inputs that it does not have and how many there are, and the numbers of the rows and
 * the inputs that are kept back. @typedef {{ file: string, sha256: string, scale: number, samples: number, rows: ArrayLike<number>, inputs: ArrayLike<number> }} Layer */

/** @typedef {{ id: string, type: 'markdown' | 'code', text: string }} Cell */

const FILE = 'phi-psi-continued.safetensors';

/** The text of the `.ipynb` file. @param {Exported} exported */
export function notebook(exported) {
  return document(cells(exported));
}

/** The text of a notebook of these cells. @param {readonly Cell[]} cells */
export function document(cells) {
  const whole = {
    cells: cells.map(cell),
    metadata: {
      kernelspec: { display_name: 'Python 3', language: 'python', name: 'python3' },
      language_info: { name: 'python' },
      made_by: MADE_BY,
    },
    nbformat: 4,
    nbformat_minor: 5,
  };
  return `${JSON.stringify(whole, null, 1)}\n`;
}

/** @param {Cell} cell */
function cell({ id, type, text }) {
  const source = text.match(/[^\n]*\n|[^\n]+$/g) ?? [];
  const common = { cell_type: type, id, metadata: {}, source };
  return type === 'code' ? { ...common, execution_count: null, outputs: [] } : common;
}

/** @param {Exported} exported @returns {Cell[]} */
function cells({ recipe, weights, link, prediction, layer, ...reached }) {
  const { epochs } = reached;
  return [
    markdown('introduction', introduction(recipe, reached, link, layer)),
    code('recipe', recipeCode(recipe, epochs)),
    markdown('about-networks', `## The networks\n\nThe classes of the notebook that phi·psi began as.`),
    code('networks', CLASSES),
    markdown('about-weights', ABOUT_WEIGHTS),
    code('file', FILE_CODE),
    code('weights', weightsCode(weights)),
    markdown(
      'about-check',
      `## The same networks as on the page\n\nOne draw, and what the page predicted for it. float32 sums in another order part in the seventh digit.`,
    ),
    code('check', checkCode(prediction, recipe.d)),
    markdown('about-data', layer ? aboutLayer(layer) : aboutData(recipe)),
    ...(layer ? [code('layer', layerCode(layer))] : []),
    code('data', dataCode(recipe, layer)),
    markdown('about-training', aboutTraining(recipe, epochs)),
    code('training', trainingCode(recipe)),
    markdown('about-comparison', aboutComparison(recipe)),
    code('comparison', comparisonCode(recipe, layer)),
    ...(layer ? [markdown('about-replaced', ABOUT_REPLACED), code('replaced', REPLACED_CODE)] : []),
    markdown(
      'about-saving',
      `## Back to the page\n\nThe weights as a \`.safetensors\` file with the recipe in its metadata: drop it on the page to compare, evaluate and train there.`,
    ),
    code('saving', SAVING_CODE),
    ...(layer ? [] : [markdown('scaling', scaling(recipe))]),
    markdown('citing', citing()),
  ];
}

/** @param {string} id @param {string} text @returns {Cell} */
function markdown(id, text) {
  return { id, type: 'markdown', text };
}

/** @param {string} id @param {string} text @returns {Cell} */
function code(id, text) {
  return { id, type: 'code', text };
}

/** @param {Recipe} recipe @param {import('./reached.js').Reached} reached @param {string} link @param {Layer} [layer] */
function introduction(recipe, reached, link, layer) {
  const keys = Object.keys(recipe);
  const done = reachedWords(reached).join('; ');
  const trained = done ? `In a browser they were ${done}.` : 'The networks are untrained: these are the weights that the seed draws.';
  const lines = [
    '# φ·ψ, continued in PyTorch',
    '',
    `Two small networks whose product is a ${targetOf(recipe).shown} layer:`,
    '',
    `$$y = ${codeOf(recipe).tex}, \\qquad y' = \\Phi(W)\\,\\Psi(x), \\qquad \\Phi(W) \\in \\mathbb{R}^{d \\times m},\\ \\Psi(x) \\in \\mathbb{R}^m$$`,
    '',
    `Φ sees only the weights, row by row, and Ψ only the input. ${trained} Their weights are in this notebook, which checks them and trains on from there. It runs from top to bottom and needs ${layer ? 'PyTorch and the layer’s file' : 'PyTorch alone'}.`,
    '',
    `| ${keys.join(' | ')} |`,
    `|${keys.map(() => '---').join('|')}|`,
    `| ${Object.values(recipe).join(' | ')} |`,
  ];
  if (link) lines.push('', `[The run on the page](<${link}>)`);
  return lines.join('\n');
}

/** @param {Recipe} recipe @param {number} epochs */
function recipeCode({ d, m, hidden, n, batch, epochs: planned, lr, seed }, epochs) {
  return `import base64
import json
import struct

import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

d, m, hidden = ${d}, ${m}, ${hidden}
n, batch, epochs, lr, seed = ${n}, ${batch}, ${planned}, ${lr}, ${seed}
trained = ${epochs}  # epochs on the page`;
}

/** How to cite the page and what it stands on. */
function citing() {
  const lines = [citeLine(), ...foundations()].map((line) => `- ${line}`);
  return `## Cite\n\n${lines.join('\n')}\n\n\`\`\`bibtex\n${bibtex()}\`\`\``;
}

const ABOUT_WEIGHTS = `## The weights

A \`.safetensors\` file is a JSON header and the numbers behind it. \`load\` and \`save_file\` of \`safetensors.torch\` do what these two
functions do; with them here, PyTorch is all that this notebook needs.`;

const FILE_CODE = `def read_safetensors(data):
    """The tensors, all float32, and the metadata of a file's bytes."""
    length = int.from_bytes(data[:8], "little")
    header = json.loads(data[8 : 8 + length])
    metadata = header.pop("__metadata__", {})
    numbers, tensors = bytearray(data[8 + length :]), {}
    for name, entry in header.items():
        start, end = entry["data_offsets"]
        values = torch.frombuffer(numbers, dtype=torch.float32, count=(end - start) // 4, offset=start)
        tensors[name] = values.reshape(entry["shape"])
    return tensors, metadata


def write_safetensors(path, tensors, metadata):
    header, blocks, end = {"__metadata__": metadata}, [], 0
    for name, tensor in tensors.items():
        values = tensor.detach().float().flatten().tolist()
        start, end = end, end + 4 * len(values)
        header[name] = {"dtype": "F32", "shape": list(tensor.shape), "data_offsets": [start, end]}
        blocks.append(struct.pack(f"<{len(values)}f", *values))
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)  # so that the numbers are aligned
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text + b"".join(blocks))`;

/** @param {Uint8Array} file */
function weightsCode(file) {
  return `WEIGHTS = """
${base64Lines(file)}
"""

weights, metadata = read_safetensors(base64.b64decode(WEIGHTS))
net = PhiPsi(d, m, hidden)
net.load_state_dict(weights)
print(metadata)`;
}

/** @param {Prediction} prediction @param {number} d */
function checkCode({ W, x, y }, d) {
  const rows = Array.from({ length: d }, (_, i) => `    ${floats(Array.from(W).slice(i * d, (i + 1) * d))},`);
  return `W = torch.tensor([
${rows.join('\n')}
], dtype=torch.float32)
x = torch.tensor(${floats(x)}, dtype=torch.float32)
page = torch.tensor(${floats(y)}, dtype=torch.float32)

with torch.no_grad():
    here = net(W.unsqueeze(0), x.unsqueeze(0)).squeeze(0)
finite = page.isfinite()
difference = torch.where(finite, here - page, torch.zeros_like(page)).abs().max().item()
largest = torch.where(finite, page, torch.zeros_like(page)).abs().max().item()
print(f"largest difference from the page: {difference:.1e}")
assert torch.equal(here.isfinite(), finite) and difference < 1e-5 * max(1.0, largest), "these are not the page's networks"`;
}

/** @param {Recipe} recipe */
function aboutData(recipe) {
  const erf = recipe.target ? '' : ' with the exact erf';
  return `## The data

W and x are independent standard normal numbers, and y = ${targetOf(recipe).shown}(Wx)${erf}. The seed is the page's, but PyTorch's generator is
another than the page's: **these are other draws of the same kind**, so the first MSE below is that of new draws. Where the page had learned
its own draws by heart (small n, many epochs), it is higher than the page's last one.`;
}

/** @param {Layer} layer */
function aboutLayer({ file, scale, rows, inputs }) {
  const assumed = scale ? ` The file has no inputs: they are drawn from N(0, ${scale}²) here, and are others than the page's.` : '';
  return `## The data

W and x are rows and inputs of a real layer, y = GELU(W·x + b), with the bias as one more input that is always 1. The layer is in \`${file.replaceAll('`', '')}\`: put it
beside this notebook.${assumed} The page keeps ${count(rows.length)} rows and ${count(inputs.length)} inputs back, and so does this notebook; what it draws of the others it draws by
PyTorch's generator, so **these are other draws of the same kind**.`;
}

/** @param {Layer} layer */
function layerCode({ file, sha256, scale, samples, rows, inputs }) {
  const assumed = scale
    ? `\nif layer_x is None:\n    layer_x = torch.randn(${samples}, layer_w.shape[1], generator=torch.Generator().manual_seed(0)) * ${scale}`
    : '';
  return `import hashlib

${READ_LAYER}


layer_w, layer_b, layer_x, tensors = read_layer(${quoted(file)}, ${quoted(sha256)})${assumed}
rows = torch.cat([layer_w, layer_b[:, None]], 1)  # [rows, d]
inputs = torch.cat([layer_x, torch.ones(len(layer_x), 1)], 1)  # [inputs, d]
kept_rows = torch.tensor(${whole(rows)})
kept_inputs = torch.tensor(${whole(inputs)})


def others(kept, count):
    if len(kept) == count:  # too few to keep some of them back: all are both
        return kept
    mask = torch.ones(count, dtype=torch.bool)
    mask[kept] = False
    return mask.nonzero().flatten()


seen_rows, seen_inputs = others(kept_rows, len(rows)), others(kept_inputs, len(inputs))


def drawn(count, rows_from=seen_rows, inputs_from=seen_inputs):
    """W [count, d, d] and x [count, d]: an input each, with d rows, all with replacement."""
    some_rows = rows_from[torch.randint(len(rows_from), (count * d,))]
    some_inputs = inputs_from[torch.randint(len(inputs_from), (count,))]
    return rows[some_rows].reshape(count, d, d), inputs[some_inputs]`;
}

/** @param {Recipe} recipe @param {Layer} [layer] */
function dataCode({ fresh, target }, layer) {
  const some = layer ? 'drawn(n)' : 'torch.randn(n, d, d), torch.randn(n, d)';
  const draws = fresh
    ? `def draw():
    """n new draws of W and x, with their y."""
    W, x = ${some}
    return TensorDataset(W, x, layer(W, x))


data = draw()`
    : `W, x = ${some}
data = TensorDataset(W, x, layer(W, x))`;
  return `torch.manual_seed(seed)


def layer(W, x):
    """y = ${targetOf({ target }).shown}(Wx): W [batch, d, d], x [batch, d] → [batch, d]."""
    z = torch.bmm(W, x.unsqueeze(-1)).squeeze(-1)
    return ${codeOf({ target }).torch}


${draws}
print(f"{n} draws, mean of y² = {data.tensors[2].square().mean():.4f}")`;
}

/** @param {Recipe} recipe @param {number} epochs */
function aboutTraining(recipe, epochs) {
  const numbered = epochs === 0 ? '' : ` Epochs are counted on from the page's ${count(epochs)}.`;
  return `## Training goes on

The notebook's loop: Adam, mini-batches in a new order each epoch, and as many epochs as the recipe has.${numbered}
Adam's running means are not in the file and start anew, so the first steps may be a little rough.${aboutCourse(recipe)}`;
}

/** What of the page's course is the notebook's too, and what is not. @param {Recipe} recipe */
function aboutCourse(recipe) {
  const rates = changes(recipe).map(({ epoch, lr }) => `${lr} from epoch ${count(epoch)}`);
  const parts = [];
  if (recipe.fresh)
    parts.push(
      recipe.layer
        ? 'As on the page, every epoch has new draws: other pairs of the same rows and inputs.'
        : 'As on the page, every epoch has new draws, so that none is seen twice.',
    );
  if (recipe.schedule)
    parts.push(
      "As on the page, the learning rate falls along half a cosine, step by step, from `lr` to zero: here over the steps of this notebook, whose first is as large as the page's first was.",
    );
  if (rates.length > 0)
    parts.push(
      `On the page the learning rate was changed on the way: ${rates.join(', ')}. This notebook begins again with the recipe's \`lr\`; set another above.`,
    );
  if (recipe.solve)
    parts.push('On the page the last layers were found in closed form on the way. Here they are trained like the others: nothing in this notebook solves.');
  return parts.map((part) => `\n\n${part}`).join('');
}

/** @param {Recipe} recipe */
function trainingCode({ fresh, schedule }) {
  const scheduler = schedule ? '\nscheduler = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=epochs * len(loader))' : '';
  const draws = fresh ? '\n    loader = DataLoader(draw(), batch_size=batch, shuffle=True)  # new draws each time' : '';
  const step = schedule ? '\n        scheduler.step()' : '';
  return `device = "cuda" if torch.cuda.is_available() else "cpu"
net.to(device)
loader = DataLoader(data, batch_size=batch, shuffle=True)
optimizer = torch.optim.Adam(net.parameters(), lr=lr)${scheduler}
criterion = nn.MSELoss()

for epoch in range(trained + 1, trained + epochs + 1):${draws}
    total = 0.0
    for W, x, y in loader:
        W, x, y = W.to(device), x.to(device), y.to(device)
        loss = criterion(net(W, x), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()${step}
        total += loss.item() * len(x)
    print(f"Epoch {epoch}: MSE = {total / n:.4f}")`;
}

/** @param {Recipe} recipe */
function aboutComparison(recipe) {
  const yardstick = recipe.target ? targetOf(recipe).shown : 'GELU in its tanh form';
  return `## The comparison

One random W and x: x' = Wx, what the networks make of it, and ${yardstick}. One draw says little about how good the networks are; the last line is over 10,000.`;
}

/** The width of the names before the numbers. */
const NAMES = 19;

/** @param {Recipe} recipe @param {Layer} [layer] */
function comparisonCode(recipe, layer) {
  const { shown } = yardstickOf(recipe);
  const yardstick = codeOf({ target: recipe.target ?? 'gelu-tanh' }).torch;
  const draws = (/** @type {number} */ many) =>
    layer
      ? `*(part.to(device) for part in drawn(${many}, kept_rows, kept_inputs))`
      : `torch.randn(${many}, d, d, device=device), torch.randn(${many}, d, device=device)`;
  return `def yardstick(z):
    return ${yardstick}


def vector(values):
    return "[" + "  ".join(f"{value:.8f}" for value in values.flatten().tolist()) + "]"


@torch.no_grad()
def compare(W, x):
    wx = torch.bmm(W, x.unsqueeze(-1)).squeeze(-1)
    return wx, net(W, x), yardstick(wx)


W, x = ${layer ? '(part.to(device) for part in drawn(1, kept_rows, kept_inputs))' : draws(1)}
wx, approx, target = compare(W, x)
rmse = (approx - target).square().mean().sqrt().item()
print(f"x' = Wx             = {vector(wx)}")
print(f"φ(W) · ψ(x)         = {vector(approx)}")
print(f"${`${shown}(x')`.padEnd(NAMES)} = {vector(target)}")
print(f"RMSE: Linearized φ · ψ vs ${shown} = {rmse:.5f}")

squares = 0.0
for _ in range(100):
    _, approx, target = compare(${draws(100)})
    squares += (approx - target).square().mean().item() / 100
print(f"over 10,000 new draws${layer ? ' of what is kept back' : ''}: RMSE = {squares**0.5:.5f}")`;
}

const ABOUT_REPLACED = `## The layer without its GELU

Φ of every row, multiplied out, takes the layer's place: a drop-in for \`gelu(linear(x))\`. Where the file has inputs, a head and labels, the accuracy on the inputs kept back is
measured with the layer and without it. Rows that are kept back, a quarter where there are four or more, Φ has not seen, which is the harder part; “Your layer” on the page solves on all of them.`;

const REPLACED_CODE = `${WITHOUT_GELU}


with torch.no_grad():
    replaced = WithoutGELU(net.psi, net.phi.net(rows.to(device)))
    x = layer_x[kept_inputs].to(device)
    original = F.gelu(x @ layer_w.T.to(device) + layer_b.to(device))
    ours = replaced(x)
    r2 = 1 - (ours - original).square().sum() / (original - original.mean(0)).square().sum()
    print(f"R² over all rows and the inputs kept back: {r2.item():.3f}")
    if {"inputs", "head.weight", "labels"} <= tensors.keys():
        head_w = tensors["head.weight"].float().to(device)
        head_b = tensors.get("head.bias", torch.zeros(len(head_w))).float().to(device)
        labels = tensors["labels"].long()[kept_inputs].to(device)
        for name, y in [("the layer", original), ("without its GELU", ours)]:
            right = ((y @ head_w.T + head_b).argmax(1) == labels).float().mean().item()
            print(f"{name}: right on {100 * right:.1f} %")`;

const SAVING_CODE = `steps = int(metadata.get("steps", 0)) + epochs * len(loader)
notes = {**metadata, "steps": str(steps), "continued_in": f"PyTorch {torch.__version__}"}
write_safetensors(${quoted(FILE)}, net.state_dict(), notes)
print(${quoted(`saved ${FILE}`)})`;

/** Run by a test: the code cells up to the data, then the fenced block. @param {Recipe} recipe */
function scaling({ fresh, schedule }) {
  const scheduler = schedule ? '\nscheduler = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=epochs * len(loader))' : '';
  const draws = fresh ? '\n    data.tensors = draw().tensors  # new draws each time, the same in every process' : '';
  const step = schedule ? '\n        scheduler.step()' : '';
  return `## Scaling out from here

* **Device.** The training above uses a GPU where there is one. Networks this small gain nothing from it; \`hidden\` and \`batch\` in the thousands do.
* **DataLoader.** The draws above are in memory, and one process hands them out. \`num_workers=4, pin_memory=True\` has others collect the
  batches while the GPU computes. Since the data here is only random numbers, better still is to load none: draw each batch where it is
  used, \`torch.randn(batch, d, d, device=device)\`, and none is ever seen twice.
* **DDP.** One process per GPU, each with its share of the draws; gradients are averaged after each backward. Put the code cells from the
  top down to the data, in their order, into a file \`train.py\`, then this, and start it with
  \`torchrun --standalone --nproc-per-node=4 train.py\` (several machines: \`--nnodes\`, \`--rdzv-endpoint\`). Without a GPU it runs on the CPU.

\`\`\`python
import os

import torch.distributed as dist
from torch.nn.parallel import DistributedDataParallel
from torch.utils.data import DistributedSampler

cuda = torch.cuda.is_available()
dist.init_process_group("nccl" if cuda else "gloo")
device = torch.device("cuda", int(os.environ["LOCAL_RANK"])) if cuda else torch.device("cpu")
if cuda:
    torch.cuda.set_device(device)

# The seed has every process draw the same data; the sampler gives each its own part of it.
sampler = DistributedSampler(data, seed=seed)
loader = DataLoader(data, batch_size=batch, sampler=sampler, pin_memory=cuda)
parallel = DistributedDataParallel(net.to(device), device_ids=[device.index] if cuda else None)
optimizer = torch.optim.Adam(parallel.parameters(), lr=lr)${scheduler}
criterion = nn.MSELoss()

for epoch in range(trained + 1, trained + epochs + 1):${draws}
    sampler.set_epoch(epoch)  # another order each time
    total = torch.zeros(1, device=device)
    for W, x, y in loader:
        W, x, y = (tensor.to(device, non_blocking=True) for tensor in (W, x, y))
        loss = criterion(parallel(W, x), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()${step}
        total += loss.detach() * len(x)
    dist.all_reduce(total)
    if dist.get_rank() == 0:
        print(f"Epoch {epoch}: MSE = {total.item() / sampler.total_size:.4f}")

if dist.get_rank() == 0:
    write_safetensors(${quoted(FILE)}, net.state_dict(), metadata)
dist.destroy_process_group()
\`\`\`

\`batch\` is each process's own there, so four of them take steps of four times as many draws, and a larger \`lr\` may suit them.`;
}
