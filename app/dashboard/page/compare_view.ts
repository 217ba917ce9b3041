import { PATHS, readTowns } from './api.js';
import { ComparedCitizens } from './compared_citizens.js';
import { useLoaded } from './loading.js';
import { goTo } from './navigation.js';
import { LoadedView, Unavailable } from './notes.js';
import { useOffers } from './offers.js';
import { PageHeading } from './page_heading.js';
import { formatPlace, type PlaceQuery } from './place.js';
import { ShiftCard } from './shift_card.js';
import { type TownShift, toShifts } from './towns_shift.js';
import { useWords } from './use_words.js';
import { html, type View } from './view.js';

function toImportId(text: string | undefined): number | undefined {
  return text !== undefined && /^\d{1,15}$/.test(text) ? Number(text) : undefined;
}

function show(before: string, after: string): void {
  goTo(formatPlace({ name: 'compare', query: { before, after } }));
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

function Compared({ before, after, query }: { before: number; after: number; query: PlaceQuery }): View {
  const offers = useOffers();
  const loaded = useLoaded(
    async (signal) => toShifts(...(await Promise.all([readTowns(before, signal), readTowns(after, signal)]))),
    [before, after],
  );
  return html`
    ${
      offers.has(PATHS.comparison)
        ? html`<${ComparedCitizens} before=${before} after=${after} query=${query} />`
        : html`<${Unavailable} />`
    }
    <${LoadedView} loaded=${loaded} render=${(shifts: TownShift[]) =>
      html`<${ShiftCard} before=${before} after=${after} shifts=${shifts} query=${query} />`} />`;
}

/** Two imports beside one another. */
export function CompareView({ query }: { query: PlaceQuery }): View {
  const { t } = useWords();
  const before = toImportId(query['before']);
  const after = toImportId(query['after']);
  return html`<${PageHeading} title=${t('compare.title')} lead=${t('compare.lead')} />
    <${Choice} query=${query} />
    ${
      before === undefined || after === undefined
        ? html`<p class="note">${t('compare.choose')}</p>`
        : html`<${Compared} key=${`${before} ${after}`} before=${before} after=${after} query=${query} />`
    }`;
}
