import { useEffect, useRef } from 'preact/hooks';
import { useWords } from '../words/use_words.js';
import { announce } from './announcer.js';
import { type Children, html, type View } from './view.js';

let isFirst = true;

/** The heading of a view. When somebody comes to it, the focus goes there, as on a new page. */
export function PageHeading({ title, lead, children }: { title: string; lead?: Children; children?: Children }): View {
  const { t } = useWords();
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    document.title = `${title} · ${t('app.name')}`;
  }, [title]);
  useEffect(() => {
    // At the first view the browser's own order of things is the right one.
    if (!isFirst) {
      heading.current?.focus();
      announce(title);
    }
    isFirst = false;
  }, []);
  return html`<header class="page-head">
    <div><h1 ref=${heading} tabindex="-1">${title}</h1>${lead && html`<div class="muted">${lead}</div>`}</div>
    ${children && html`<div class="page-tools">${children}</div>`}
  </header>`;
}
