import type { RefObject } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { announce } from './announcer.js';

type Dialog = {
  element: RefObject<HTMLDialogElement | null>;
  /** Closes it. The focus goes back to where it was. */
  close(): void;
  /** Says what was done, and closes it. */
  done(text: string): void;
  /** For the element's event. */
  onClose(): void;
};

/** A dialog that opens when it is rendered. `onEnd`: it was closed; `hasChanged`: something was done. */
export function useDialog(onEnd: (hasChanged: boolean) => void): Dialog {
  const element = useRef<HTMLDialogElement>(null);
  const hasChanged = useRef(false);
  useEffect(() => element.current?.showModal(), []);
  const close = () => element.current?.close();
  return {
    element,
    close,
    done(text) {
      announce(text);
      hasChanged.current = true;
      close();
    },
    onClose: () => onEnd(hasChanged.current),
  };
}
