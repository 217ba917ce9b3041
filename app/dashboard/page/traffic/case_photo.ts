import { useEffect, useState } from 'preact/hooks';
import { classes, html, type View } from '../frame/view.js';
import { useTrafficWords } from './words/use_traffic_words.js';

/** The address of a picture in memory, as long as it is shown. */
function usePicture(photo: Blob): string | undefined {
  const [address, setAddress] = useState<string | undefined>();
  useEffect(() => {
    const made = URL.createObjectURL(photo);
    setAddress(made);
    return () => URL.revokeObjectURL(made);
  }, [photo]);
  return address;
}

type CasePhotoProps = { photo: Blob; transport: string; isZoomed: boolean };

/** The photo of a case; a zoomed one scrolls within its box. */
export function CasePhoto({ photo, transport, isZoomed }: CasePhotoProps): View {
  const { t } = useTrafficWords();
  const address = usePicture(photo);
  const name = t('vote.photo', { transport });
  return html`<div class=${classes('vote-photo', isZoomed && 'vote-zoomed')} tabindex="0" role="region" aria-label=${name}>
    ${address && html`<img src=${address} alt=${name} />`}
  </div>`;
}
