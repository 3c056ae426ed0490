// @ts-check
/** `#log`: the notebook's print, one line an epoch. */
import { copyText } from '../../dom/clipboard.js';
import { byId, coalesce } from '../../dom/dom.js';

/** @typedef {import('../../app/context.js').Context} Context */
/** @typedef {import('../../common/protocol.js').EpochReport} EpochReport */

/** One text node is appended to at a time; a long log is laid out block by block, so that a line costs the same at any length. */
const LINES_PER_BLOCK = 1_000;

export class Log {
  #box = byId('log', HTMLElement);
  /** @type {readonly EpochReport[]} */
  #history = [];
  #written = 0;
  #trainer;
  #soon = coalesce(() => this.#write());

  /** @param {Context} context */
  constructor({ trainer }) {
    this.#trainer = trainer;
    for (const news of ['run', 'rewound']) trainer.addEventListener(news, () => this.#run());
    trainer.addEventListener('progress', this.#soon);
    const copy = byId('copy', HTMLButtonElement);
    copy.addEventListener('click', () => copyText(copy, this.#text, () => getSelection()?.selectAllChildren(this.#box)));
  }

  #run() {
    this.#history = this.#trainer.run?.history ?? [];
    this.#written = 0;
    this.#box.replaceChildren();
    this.#soon();
  }

  get #text() {
    return this.#history.map(({ line }) => line).join('\n');
  }

  #write() {
    const box = this.#box;
    const atEnd = box.scrollHeight - box.scrollTop - box.clientHeight < 8;
    while (this.#written < this.#history.length) {
      const end = Math.min(this.#history.length, (Math.floor(this.#written / LINES_PER_BLOCK) + 1) * LINES_PER_BLOCK);
      const lines = this.#history.slice(this.#written, end).map(({ line }) => line);
      const between = this.#written > 0 ? '\n' : '';
      if (this.#written % LINES_PER_BLOCK === 0) {
        // The line break belongs to the block before, where it ends the last line; at the head of a block it would show as an empty one.
        box.lastElementChild?.append(between);
        const block = document.createElement('span');
        block.append(lines.join('\n'));
        box.append(block);
      } else {
        box.lastElementChild?.append(between + lines.join('\n'));
      }
      this.#written = end;
    }
    if (atEnd) box.scrollTop = box.scrollHeight;
  }
}
