import { goTo } from '../../frame/navigation.js';
import { PageHeading } from '../../frame/page_heading.js';
import type { PlaceQuery } from '../../frame/place.js';
import { html, type View } from '../../frame/view.js';
import { useWords } from '../../words/use_words.js';
import { compareHash } from '../place.js';
import { ComparedCitizens } from './compared_citizens.js';
import { ShiftCard } from './shift_card.js';

function toImportId(text: string | undefined): number | undefined {
  return text !== undefined && /^\d{1,15}$/.test(text) ? Number(text) : undefined;
}

function show(before: string, after: string): void {
  goTo(compareHash({ before, after }));
}

function Choice({ query }: { query: PlaceQuery }): View {
  const { t } = useWords();
  const { before = '', after = '' } = query;
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    const given = new FormData(event.currentTarget as HTMLFormElement);
    show(String(given.get('before')), String(given.get('after')));
  };
  const field = (name: 'before' | 'after', value: string) =>
    html`<label class="field"><span>${t(`compare.${name}`)}</span>
      <input name=${name} defaultValue=${value} inputmode="numeric" pattern="[0-9]{1,15}" required autocomplete="off" /></label>`;
  return html`<form class="card tools" aria-label=${t('compare.title')} onSubmit=${submit} key=${`${before} ${after}`}>
    ${field('before', before)} ${field('after', after)}
    <button class="button button-main">${t('compare.show')}</button>
    <button type="button" class="button" disabled=${before === '' || after === ''}
      onClick=${() => show(after, before)}>${t('compare.swap')}</button>
  </form>`;
}

/** Two imports side by side. */
export function CompareView({ query }: { query: PlaceQuery }): View {
  const { t } = useWords();
  const before = toImportId(query['before']);
  const after = toImportId(query['after']);
  return html`<${PageHeading} title=${t('compare.title')} lead=${t('compare.lead')} />
    <${Choice} query=${query} />
    ${
      before === undefined || after === undefined
        ? html`<p class="note">${t('compare.choose')}</p>`
        : html`<${ComparedCitizens} key=${`citizens ${before} ${after}`} pair=${[before, after]} query=${query} />
            <${ShiftCard} key=${`towns ${before} ${after}`} pair=${[before, after]} query=${query} />`
    }`;
}
