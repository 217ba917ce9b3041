import htm from 'htm';
import { type ComponentChildren, h, type VNode } from 'preact';

export type View = VNode | null;
export type Children = ComponentChildren;

/** Tagged templates -> elements. A text that is put in becomes a text node and is never read as HTML. */
export const html = htm.bind(h) as (strings: TemplateStringsArray, ...values: readonly unknown[]) => VNode;

/** Class names, leaving out those that are not wanted. */
export function classes(...names: readonly (string | false | undefined)[]): string {
  return names.filter(Boolean).join(' ');
}
