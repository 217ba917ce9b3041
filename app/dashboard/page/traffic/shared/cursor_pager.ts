import { changeQuery } from '../../frame/navigation.js';
import { html, type View } from '../../frame/view.js';

type CursorPagerProps = {
  /** The cursor of the page that is shown; empty for the first one. */
  cursor: string;
  next: string | null;
  words: { first: string; next: string };
};

/** Goes through a list whose pages name the next one. */
export function CursorPager({ cursor, next, words }: CursorPagerProps): View {
  if (cursor === '' && next === null) return null;
  return html`<p class="tools">
    ${
      cursor !== '' &&
      html`<button type="button" class="button button-quiet" onClick=${() => changeQuery({ cursor: '' })}>${words.first}</button>`
    }
    ${
      next !== null &&
      html`<button type="button" class="button button-quiet"
        onClick=${() => changeQuery({ cursor: next }, { replaces: false })}>${words.next}</button>`
    }</p>`;
}
