import { type Children, html, type View } from '../../frame/view.js';

export type Fact = readonly [name: string, value: Children];

/** Names and values side by side. */
export function Facts({ facts }: { facts: readonly Fact[] }): View {
  return html`<dl class="vote-facts">
    ${facts.map(([name, value]) => html`<div key=${name}><dt>${name}</dt><dd>${value}</dd></div>`)}
  </dl>`;
}

/** `id`: of the heading; unique within the page. */
export function Card({ id, title, children }: { id: string; title: string; children?: Children }): View {
  return html`<section class="card card-wide" aria-labelledby=${id}><h2 id=${id}>${title}</h2>${children}</section>`;
}
