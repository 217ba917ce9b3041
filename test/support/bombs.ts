import { once } from 'node:events';
import { constants, createBrotliCompress } from 'node:zlib';

export const RUN_BYTES = 16 * 1024 * 1024;

/**
 * Brotli of `runs` times 16 MiB of one character: 14 bytes per run, and a window of 16 MiB in the decoder. All runs
 * after the first encode to the same bytes, so that only two are computed.
 */
export async function brotliRuns(character: string, runs: number): Promise<Buffer<ArrayBuffer>> {
  const { BROTLI_PARAM_LGWIN, BROTLI_PARAM_QUALITY } = constants;
  const encoder = createBrotliCompress({ params: { [BROTLI_PARAM_LGWIN]: 24, [BROTLI_PARAM_QUALITY]: 5 } });
  let pieces: Buffer[] = [];
  encoder.on('data', (piece: Buffer) => pieces.push(piece));
  const take = () => {
    const taken = Buffer.concat(pieces);
    pieces = [];
    return taken;
  };
  const run = Buffer.alloc(RUN_BYTES, character);
  const encodeRun = async () => {
    encoder.write(run);
    await new Promise<void>((resolve) => encoder.flush(resolve));
    return take();
  };
  const first = await encodeRun();
  const next = await encodeRun();
  encoder.end();
  await once(encoder, 'end');
  return Buffer.concat([first, ...Array<Buffer>(runs - 1).fill(next), take()]);
}
