type Fault = { pointer: string; detail: string };

function lineOf({ pointer, detail }: Fault): string {
  return `\n  ${pointer === '' ? 'the record' : pointer} ${detail}`;
}

/** The problem's detail and code, followed by its faults: a list, or lists by camera type. */
export function refusalText(status: number, content: unknown): string {
  const { detail, code, errors = [] } = (content ?? {}) as { detail?: string; code?: string; errors?: unknown };
  if (code === undefined) return `the answer, ${status}, is not one of Svodka`;
  const lists = Array.isArray(errors) ? [['', errors] as const] : Object.entries(errors as Record<string, Fault[]>);
  const faults = lists.map(([type, list]) => {
    const title = type === '' ? '' : `\n as ${type}:`;
    return title + (list as Fault[]).map(lineOf).join('');
  });
  return `${detail} (${code})${faults.join('')}`;
}
