import { html, type View } from './view.js';

/** A tab leads to another view; `hash` is its address. */
type Tab = { hash: string; title: string };

/** Views that belong together. `label`: for screen readers. `current`: the hash of the view that is shown. */
export function Tabs({ label, tabs, current }: { label: string; tabs: readonly Tab[]; current: string }): View {
  return html`<nav class="tabs" aria-label=${label}>
    ${tabs.map(
      ({ hash, title }) =>
        html`<a key=${hash} href=${hash} aria-current=${hash === current ? 'page' : undefined}>${title}</a>`,
    )}</nav>`;
}
