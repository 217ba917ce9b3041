import { useEffect, useState } from 'preact/hooks';
import { html, type View } from './view.js';

let say: (text: string) => void = () => {};

/** Has a screen reader say a text when it has finished what it says now. */
export function announce(text: string): void {
  say(text);
}

/** The place that screen readers watch; once in the page. */
export function Announcer(): View {
  const [said, setSaid] = useState({ text: '', count: 0 });
  useEffect(() => {
    say = (text) => setSaid(({ count }) => ({ text, count: count + 1 }));
    return () => {
      say = () => {};
    };
  }, []);
  // Another element each time: the same text twice in a row would not be said again.
  return html`<div class="for-readers" role="status" aria-live="polite"><p key=${said.count}>${said.text}</p></div>`;
}
