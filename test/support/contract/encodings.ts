import { brotliDecompressSync, gunzipSync, inflateSync } from 'node:zlib';

const DECODERS: Readonly<Record<string, (bytes: Buffer) => Buffer>> = {
  gzip: gunzipSync,
  br: brotliDecompressSync,
  deflate: inflateSync,
  identity: (bytes) => bytes,
};

/** The bytes of a body whose Content-Encoding is given. @throws when they are not encoded so */
export function decodeBody(bytes: Buffer, encoding = 'identity'): Buffer {
  const decode = DECODERS[encoding];
  if (decode === undefined) throw new Error(`the answer has the Content-Encoding ${encoding}, which was not offered`);
  return bytes.length === 0 ? bytes : decode(bytes);
}
