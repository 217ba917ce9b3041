import type { BucketCheck } from '../../../census/checks/service.js';
import { fittedTable } from '../../terminal/fitted_table.js';
import { counted, harmless } from '../../terminal/plain_text.js';
import { type Output, writeJsonLine } from '../refusal.js';
import { askWithRetries, type Connection, required } from './asking.js';

const HEAD = ['bucket', 'is on'];

function rowsOf({ doubled, missing }: BucketCheck): unknown[][] {
  return [
    ...doubled.map(({ bucket, holders }) => [bucket, holders.map(({ set }) => set).join(', ')]),
    ...missing.map((bucket) => [bucket, 'no set']),
  ];
}

/** Checks that each bucket of a cluster is on one set. Returns how many are not; 0 for a single node. */
export async function checkBuckets(
  connection: Connection,
  { asJson }: { asJson: boolean },
  stdout: Output,
): Promise<number> {
  const check = required<BucketCheck>(await askWithRetries(connection, 'POST', '/buckets/check'), connection.url);
  if (check.buckets === 0) return 0;
  const wrongCount = check.doubled.length + check.missing.length;
  if (asJson) {
    writeJsonLine(stdout, JSON.stringify(check));
    return wrongCount;
  }
  if (wrongCount > 0) stdout.write(`${fittedTable(HEAD, rowsOf(check), stdout.columns)}\n`);
  const verdict = wrongCount === 0 ? 'each on one of them' : `${counted(wrongCount, 'bucket')} wrong`;
  const what = `${counted(check.buckets, 'bucket')} on ${counted(check.sets.length, 'set')}`;
  stdout.write(`${harmless(`${what}: ${verdict}`)}\n`);
  return wrongCount;
}
