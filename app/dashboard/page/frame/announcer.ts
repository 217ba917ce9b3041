import { useEffect, useState } from 'preact/hooks';
import { html, type View } from './view.js';

let say: (text: string) => void = () => {};

/** Makes a screen reader read a text after the current one. */
export function announce(text: string): void {
  say(text);
}

/** The live region that screen readers watch; rendered once per page. */
export function Announcer(): View {
  const [said, setSaid] = useState({ text: '', count: 0 });
  useEffect(() => {
    say = (text) => setSaid(({ count }) => ({ text, count: count + 1 }));
    return () => {
      say = () => {};
    };
  }, []);
  // A new element each time: an unchanged text would not be read again.
  return html`<div class="for-readers" role="status" aria-live="polite"><p key=${said.count}>${said.text}</p></div>`;
}
