import jsonata from 'jsonata';
import { CASE_MEMBERS, type CaseMember, type Definition } from '../shapes/definition.js';

/**
 * Evaluates all expressions of a type. Undefined for a record on which one of them does more than is known here: then
 * JSONata itself has to.
 */
export type PlainExpressions = (record: unknown) => Partial<Record<CaseMember, unknown>> | undefined;

/** Not the value that JSONata would give. */
const UNKNOWN = Symbol('unknown');
type Evaluate = (record: unknown) => unknown;

/** Nodes of JSONata's syntax tree, as far as they are read here. */
type Node = {
  type: string;
  value?: unknown;
  steps?: Node[];
  lhs?: Node;
  rhs?: Node;
  arguments?: Node[];
  procedure?: Node;
};

function hasOnly(node: object, names: readonly string[]): boolean {
  return Object.keys(node).every((name) => names.includes(name));
}

/** JSONata goes into lists and flattens them. */
function memberOf(value: unknown, name: string): unknown {
  if (typeof value !== 'object' || value === null) return undefined;
  if (Array.isArray(value)) return UNKNOWN;
  if (Object.hasOwn(value, name)) return (value as Record<string, unknown>)[name];
  return name in value ? UNKNOWN : undefined;
}

function compilePath(node: Node): Evaluate | undefined {
  const steps = node.steps ?? [];
  const isPlain = steps.every((step) => step.type === 'name' && hasOnly(step, ['type', 'value', 'position']));
  if (!isPlain || !hasOnly(node, ['type', 'steps'])) return undefined;
  const names = steps.map(({ value }) => String(value));
  return (record) => {
    let value = record;
    for (const name of names) {
      value = memberOf(value, name);
      if (value === UNKNOWN) return UNKNOWN;
    }
    return Array.isArray(value) ? UNKNOWN : value;
  };
}

/** Of a text that is there; JSONata makes texts of other values. */
function onTexts(parts: readonly Evaluate[], join: (texts: readonly (string | undefined)[]) => unknown): Evaluate {
  return (record) => {
    const values = parts.map((part) => part(record));
    const isKnown = values.every((value) => value === undefined || typeof value === 'string');
    return isKnown ? join(values as (string | undefined)[]) : UNKNOWN;
  };
}

function compileConcatenation({ lhs, rhs }: Node): Evaluate | undefined {
  const [left, right] = [lhs && compile(lhs), rhs && compile(rhs)];
  if (left === undefined || right === undefined) return undefined;
  return onTexts([left, right], ([first = '', second = '']) => first + second);
}

function wholeNumber(node: Node | undefined): number | undefined {
  return node?.type === 'number' && Number.isInteger(node.value) ? (node.value as number) : undefined;
}

/** `$substring(text, start, length?)` with numbers that are written there. */
function compileSubstring({ procedure, arguments: given = [] }: Node): Evaluate | undefined {
  const [textNode, startNode, lengthNode] = given;
  const isSubstring = procedure?.type === 'variable' && procedure.value === 'substring' && given.length <= 3;
  const [start, length] = [wholeNumber(startNode), wholeNumber(lengthNode)];
  const text = textNode && compile(textNode);
  if (!isSubstring || text === undefined || start === undefined || start < 0) return undefined;
  if (lengthNode !== undefined && (length === undefined || length < 0)) return undefined;
  const end = length === undefined ? undefined : start + length;
  return onTexts([text], ([whole]) => (whole === undefined ? undefined : [...whole].slice(start, end).join('')));
}

function compile(node: Node): Evaluate | undefined {
  switch (node.type) {
    case 'path':
      return compilePath(node);
    case 'string':
    case 'number':
      return () => node.value;
    case 'binary':
      return node.value === '&' && hasOnly(node, ['type', 'value', 'position', 'lhs', 'rhs'])
        ? compileConcatenation(node)
        : undefined;
    case 'function':
      return hasOnly(node, ['type', 'value', 'position', 'name', 'arguments', 'procedure', 'nextFunction'])
        ? compileSubstring(node)
        : undefined;
    default:
      return undefined;
  }
}

/**
 * Expressions that are paths, texts, their concatenation and parts, as most are, take a microsecond here and cannot run
 * away. Undefined when any of them is more.
 */
export function compilePlain(expressions: Definition['case']): PlainExpressions | undefined {
  const compiled = CASE_MEMBERS.map((member) => compile(jsonata(expressions[member]).ast() as Node));
  if (compiled.includes(undefined)) return undefined;
  return (record) => {
    const values = compiled.map((evaluate) => evaluate?.(record));
    if (values.includes(UNKNOWN)) return undefined;
    return Object.fromEntries(CASE_MEMBERS.map((member, place) => [member, values[place]]));
  };
}
