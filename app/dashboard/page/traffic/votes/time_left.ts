import { useEffect, useState } from 'preact/hooks';
import { announce } from '../../frame/announcer.js';
import { classes, html, type View } from '../../frame/view.js';
import { useTrafficWords } from '../words/use_traffic_words.js';

const TICK_MS = 1_000;
/** From here on the time left stands out, and is announced once. */
const SHORT_S = 60;

function clockText(seconds: number): string {
  const two = (value: number) => String(value).padStart(2, '0');
  const [hours, minutes] = [Math.floor(seconds / 3_600), Math.floor(seconds / 60) % 60];
  return hours > 0 ? `${hours}:${two(minutes)}:${two(seconds % 60)}` : `${minutes}:${two(seconds % 60)}`;
}

/** The time until the hold ends. `endsAtMs`: by the clock of this computer. */
export function TimeLeft({ endsAtMs, onOver }: { endsAtMs: number; onOver: () => void }): View {
  const { t } = useTrafficWords();
  const [nowMs, setNow] = useState(Date.now);
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), TICK_MS);
    return () => clearInterval(timer);
  }, []);
  const leftS = Math.max(0, Math.ceil((endsAtMs - nowMs) / 1_000));
  const isShort = leftS <= SHORT_S;
  useEffect(() => {
    if (leftS === 0) onOver();
    else if (isShort) announce(t('vote.hurry', { seconds: leftS }));
  }, [isShort, leftS === 0]);
  return html`<p class=${classes('time-left', isShort && 'time-short')} role="timer">
    ${t('vote.left', { time: clockText(leftS) })}</p>`;
}
