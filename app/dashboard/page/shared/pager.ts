import { html, type View } from '../frame/view.js';
import { useWords } from '../words/use_words.js';

type PagerProps = {
  /** Name of the list, for screen readers. */
  what: string;
  where: string;
  onFirst?: (() => void) | undefined;
  onPrevious?: (() => void) | undefined;
  onNext?: (() => void) | undefined;
};

/** Unavailable steps are disabled, not hidden, so that the other buttons do not move. */
export function Pager({ what, where, onFirst, onPrevious, onNext }: PagerProps): View {
  const { t } = useWords();
  const step = (text: string, onClick: (() => void) | undefined) =>
    html`<button type="button" class="button" disabled=${onClick === undefined} onClick=${onClick}>${text}</button>`;
  return html`<nav class="pager" aria-label=${t('pager.label', { what })}>
    ${step(t('pager.first'), onFirst)} ${step(t('pager.previous'), onPrevious)}
    <span class="muted" aria-current="page">${where}</span>
    ${step(t('pager.next'), onNext)}
  </nav>`;
}

/** A pager for rows held in memory; the first page is 0. */
export function RowPager(props: { what: string; page: number; pages: number; onPage: (page: number) => void }): View {
  const { what, page, pages, onPage } = props;
  const { t } = useWords();
  if (pages <= 1) return null;
  return html`<${Pager} what=${what} where=${t('pager.of', { page: page + 1, pages })}
    onFirst=${page > 0 ? () => onPage(0) : undefined}
    onPrevious=${page > 0 ? () => onPage(page - 1) : undefined}
    onNext=${page < pages - 1 ? () => onPage(page + 1) : undefined} />`;
}
