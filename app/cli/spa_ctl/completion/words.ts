/**
 * The words of a command line as typed so far, without quotes and backslashes; the last one is the one that the cursor
 * is in, and may be empty.
 */
export function wordsOf(line: string): string[] {
  const words: string[] = [];
  let word = '';
  let isInWord = false;
  let quote = '';
  for (let at = 0; at < line.length; at++) {
    const character = line[at] as string;
    if (character === '\\' && quote !== "'") {
      word += line[++at] ?? '';
      isInWord = true;
    } else if (quote !== '') {
      if (character === quote) quote = '';
      else word += character;
    } else if (character === '"' || character === "'") {
      quote = character;
      isInWord = true;
    } else if (character === ' ' || character === '\t') {
      if (isInWord) words.push(word);
      word = '';
      isInWord = false;
    } else {
      word += character;
      isInWord = true;
    }
  }
  return [...words, word];
}
