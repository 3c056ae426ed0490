// @ts-check
/** `#backend`: what the run computes on, and why. */
import { byId } from '../../dom/dom.js';
import { explain, NAMES } from '../../common/reasons.js';

/** @typedef {import('../../app/context.js').Context} Context */

/** Which backend the address asks for; a word that is none is told of in the notice. @returns {import('../../common/protocol.js').Asked} */
export function askedBackend() {
  const word = new URLSearchParams(location.search).get('backend') ?? 'auto';
  if (word === 'auto' || word === 'webgpu' || word === 'cpu') return word;
  byId('notice', HTMLElement).textContent = `The address asks for backend=${word}; the choices are auto, webgpu and cpu. This page goes on with auto.`;
  return 'auto';
}

export class BackendLine {
  #box = byId('backend', HTMLElement);
  #when = byId('backend-when', HTMLElement);
  #name = byId('backend-name', HTMLElement);
  #why = byId('backend-why', HTMLElement);
  #trainer;

  /** @param {Context} context */
  constructor({ trainer }) {
    this.#trainer = trainer;
    trainer.addEventListener('backend', () => this.#backend());
  }

  #backend() {
    const { verdict, moving } = this.#trainer;
    const { dataset } = this.#box;
    if (verdict) {
      dataset.backend = verdict.backend;
      dataset.reason = verdict.reason;
    } else {
      delete dataset.backend;
      delete dataset.reason;
    }
    const soon = moving ? 'you switched to it; it starts with the next run' : 'it is being tried';
    const { name, where, why } = verdict ? explain(verdict) : { name: NAMES.webgpu, where: '', why: soon };
    this.#when.textContent = moving ? 'The next run is on' : 'Runs on';
    this.#name.textContent = name + where;
    this.#why.textContent = `because ${why}.`;
  }
}
