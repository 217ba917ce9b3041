import { useRef } from 'preact/hooks';
import { classes, html, type View } from '../../frame/view.js';
import { useTrafficWords } from '../words/use_traffic_words.js';
import { useZoom } from './use_zoom.js';
import { MIN_ZOOM } from './zoom.js';

const STEP = 1.5;

type CasePhotoProps = { url: string; transport: string };

/** The photo of a case, which can be zoomed within its frame. `url`: of a picture in memory. */
export function CasePhoto({ url, transport }: CasePhotoProps): View {
  const { t, number } = useTrafficWords();
  const [frame, picture] = [useRef<HTMLDivElement>(null), useRef<HTMLImageElement>(null)];
  const { zoom, zoomBy, toggle } = useZoom(frame, picture);
  const name = t('vote.photo', { transport });
  const isZoomed = zoom > MIN_ZOOM;
  const button = (text: string, label: string, onClick: () => void) =>
    html`<button type="button" class="button button-quiet" aria-label=${label} onClick=${onClick}>${text}</button>`;
  return html`<div class="case-photo">
    <div ref=${frame} class=${classes('vote-photo', isZoomed && 'vote-zoomed')} tabindex="0" role="region" aria-label=${name}>
      <img ref=${picture} src=${url} alt=${name} draggable=${false} style=${{ '--zoom': zoom }} />
    </div>
    <p class="zoom-tools" role="group" aria-label=${t('zoom.label')}>
      ${button('−', t('zoom.out'), () => zoomBy(1 / STEP))}
      <output class="zoom-value">${t('zoom.value', { percent: number(Math.round(zoom * 100)) })}</output>
      ${button('+', t('zoom.in'), () => zoomBy(STEP))}
      <button type="button" class="button button-quiet" aria-pressed=${isZoomed}
        onClick=${() => toggle()}>${t('zoom.toggle')}</button>
    </p>
  </div>`;
}
