import type { Ajv, ErrorObject, KeywordDefinition } from 'ajv';

/** A keyword for texts whose errors carry their own code and words. `look` answers undefined for a text that is right. */
export function customKeyword(
  keyword: string,
  look: (text: string) => { code: string; message: string } | undefined,
): KeywordDefinition {
  const validate = (_schema: unknown, text: string): boolean => {
    const told = look(text);
    if (told === undefined) return true;
    (validate as { errors?: Partial<ErrorObject>[] }).errors = [
      { keyword, message: told.message, params: { code: told.code } },
    ];
    return false;
  };
  return { keyword, type: 'string', validate };
}

/** `x-pattern-words`: what `pattern` asks for, in words. `x-well-formed`: a text that UTF-8 can hold. */
export function addTextKeywords(ajv: Ajv): void {
  ajv.addKeyword('x-pattern-words');
  ajv.addKeyword(
    customKeyword('x-well-formed', (text) =>
      text.isWellFormed()
        ? undefined
        : { code: 'LONE_SURROGATE', message: 'has half of a surrogate pair, which no UTF-8 can hold' },
    ),
  );
}
