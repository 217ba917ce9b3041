import htm from 'htm';
import { type ComponentChildren, h, type VNode } from 'preact';

export type View = VNode | null;
export type Children = ComponentChildren;

/** Turns tagged templates into elements. Interpolated texts become text nodes and are never parsed as HTML. */
export const html = htm.bind(h) as (strings: TemplateStringsArray, ...values: readonly unknown[]) => VNode;

/** Joins class names and omits false ones. */
export function classes(...names: readonly (string | false | undefined)[]): string {
  return names.filter(Boolean).join(' ');
}
