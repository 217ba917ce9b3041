import { useEffect, useRef } from 'preact/hooks';
import { useWords } from '../words/use_words.js';
import { announce } from './announcer.js';
import { type Children, html, type View } from './view.js';

let isFirst = true;

/** The heading of a view. On navigation it receives the focus, as on a new page. */
export function PageHeading({ title, lead, children }: { title: string; lead?: Children; children?: Children }): View {
  const { t } = useWords();
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    document.title = `${title} · ${t('app.name')}`;
  }, [title]);
  useEffect(() => {
    // The first view keeps the browser's default focus.
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
