import { brotliDecompressSync, gunzipSync, inflateSync } from 'node:zlib';

const DECODERS: Readonly<Record<string, (bytes: Buffer) => Buffer>> = {
  gzip: gunzipSync,
  br: brotliDecompressSync,
  deflate: inflateSync,
  identity: (bytes) => bytes,
};

/** Decodes a body by its Content-Encoding. @throws when the bytes are not encoded so */
export function decodeBody(bytes: Buffer, encoding = 'identity'): Buffer {
  const decode = DECODERS[encoding];
  if (decode === undefined) throw new Error(`the answer has the Content-Encoding ${encoding}, which was not offered`);
  return bytes.length === 0 ? bytes : decode(bytes);
}
