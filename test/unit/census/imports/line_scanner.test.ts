import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createLineScanner } from '../../../../app/census/imports/reading/ndjson_scanner.js';

const MAX_BYTES = 20;
const TOO_LONG = new Error('too long');

/** The lines as `number@offset:text`, however the text is split. */
function scan(pieces: readonly string[]): string[] {
  const lines: string[] = [];
  let bytes: Buffer = Buffer.alloc(0);
  let offset = 0;
  const scanner = createLineScanner(
    {
      window(window, windowOffset) {
        bytes = window;
        offset = windowOffset;
      },
      line: (start, end, number) => lines.push(`${number}@${offset + start}:${bytes.toString('utf8', start, end)}`),
      tooLong() {
        throw TOO_LONG;
      },
    },
    MAX_BYTES,
  );
  pieces.forEach((piece, place) => {
    scanner.push(Buffer.from(piece), place === pieces.length - 1);
  });
  return lines;
}

describe('the scanner of lines', () => {
  const cases: [text: string, lines: string[], reason: string][] = [
    ['ab\ncd\n', ['1@0:ab', '2@3:cd'], 'with an end'],
    ['ab\ncd', ['1@0:ab', '2@3:cd'], 'the last without one'],
    ['ab\r\ncd\r\n', ['1@0:ab\r', '2@4:cd\r'], 'of Windows: the carriage return is for the reader, a blank of JSON'],
    ['\n \n\t\r\nab\n\n', ['4@6:ab'], 'of blanks are counted and passed over'],
    ['  ab  \n', ['1@2:ab  '], 'that begin with blanks'],
    ['\ufeffab\n\ufeffcd', ['1@3:ab', '2@6:\ufeffcd'], 'behind a byte order mark, which is one at the very start only'],
    ['\ufeff\nab', ['2@4:ab'], 'behind a line that is nothing but a byte order mark'],
    ['', [], 'none'],
    ['\n\n', [], 'none but blank ones'],
  ];
  for (const [text, lines, reason] of cases) {
    it(`finds lines ${reason}, wherever the bytes are cut`, () => {
      assert.deepEqual(scan([text]), lines);
      const characters = [...text];
      assert.deepEqual(scan([...characters, '']), lines, 'character by character');
      for (let at = 0; at <= characters.length; at++) {
        assert.deepEqual(
          scan([characters.slice(0, at).join(''), characters.slice(at).join('')]),
          lines,
          `cut at ${at}`,
        );
      }
    });
  }

  it('counts blank lines one by one and in long runs alike, and keeps none of them', () => {
    for (const blanks of ['\n', ' ', ' \n', '\r\n', '\n\n\n ']) {
      for (const count of [1, 255, 256, 257, 5000, 20_000]) {
        const text = blanks.repeat(count);
        const number = text.split('\n').length;
        assert.deepEqual(scan([`${text}a\nb`]), [`${number}@${text.length}:a`, `${number + 1}@${text.length + 2}:b`]);
        // Far more blanks than the maximum length of a line.
        assert.deepEqual(scan([text, text, 'a']), [`${2 * number - 1}@${2 * text.length}:a`]);
      }
    }
  });

  it('joins a line that is longer than the pieces, up to the most there may be', () => {
    const line = 'x'.repeat(MAX_BYTES);
    assert.deepEqual(scan(['a\n', ...line, '\n', 'b']), ['1@0:a', `2@2:${line}`, `3@${MAX_BYTES + 3}:b`]);
    assert.throws(() => scan([...line, 'x', 'x\n']), TOO_LONG);
  });

  it('counts the most of a line from its own beginning', () => {
    const line = 'x'.repeat(MAX_BYTES - 1);
    assert.equal(scan([`${line}\n${line}`, `\n${line}`, '\n']).length, 3);
  });
});
