/** A violation takes a few hundred characters; the limit keeps an endless line from filling memory. */
const MAX_LINE_CHARACTERS = 1024 * 1024;

/**
 * Splits a stream of UTF-8 into lines, without their `\n`; the last line need not have one. Node's readline would also
 * split at U+2028, which may occur in a JSON string.
 * @throws Error when a line has more than 2^20 characters; the errors of the stream
 */
export async function* linesOf(pieces: AsyncIterable<Uint8Array>): AsyncGenerator<string, void, undefined> {
  const decoder = new TextDecoder();
  let incomplete = '';
  for await (const piece of pieces) {
    const lines = (incomplete + decoder.decode(piece, { stream: true })).split('\n');
    incomplete = lines.pop() as string;
    if (incomplete.length > MAX_LINE_CHARACTERS) throw new Error('the service sent a line that is too long');
    yield* lines;
  }
  incomplete += decoder.decode();
  if (incomplete !== '') yield incomplete;
}
