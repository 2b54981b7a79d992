import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { createFingerprint } from '../../core/sources/fingerprint.ts';

const MEBIBYTE = 1024 * 1024;
const sha256 = (bytes: Uint8Array): Buffer => createHash('sha256').update(bytes).digest();

/** What it is said to be, of all bytes at once. */
function told(bytes: Uint8Array): string {
  const pieces: Buffer[] = [];
  for (let at = 0; at < bytes.length; at += MEBIBYTE) pieces.push(sha256(bytes.subarray(at, at + MEBIBYTE)));
  return sha256(Buffer.concat(pieces)).toString('hex');
}

async function of(bytes: Uint8Array, sizes: readonly number[]): Promise<string> {
  const fingerprint = createFingerprint();
  for (let at = 0, turn = 0; at < bytes.length; turn++) {
    const chunk = Uint8Array.from(bytes.subarray(at, at + sizes[turn % sizes.length]!));
    at += chunk.length;
    await fingerprint.add(chunk);
    // Whoever reads files uses a chunk's memory again.
    chunk.fill(0);
  }
  return fingerprint.end();
}

it('is that of the bytes, however they come', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(0, 1, 1000, MEBIBYTE - 1, MEBIBYTE, MEBIBYTE + 1, 7 * MEBIBYTE + 5),
      fc.array(fc.integer({ min: 90_000, max: 3 * MEBIBYTE }), { minLength: 1, maxLength: 4 }),
      async (length, sizes) => {
        const bytes = new Uint8Array(length);
        for (let at = 0; at < length; at += 1) bytes[at] = (at * 2_654_435_761) >>> 13;
        expect(await of(bytes, sizes)).toBe(told(bytes));
      },
    ),
    { numRuns: 30 },
  );
});

it('is another where a byte, or the order of two mebibytes, is', async () => {
  const bytes = new Uint8Array(3 * MEBIBYTE).fill(65);
  bytes.fill(66, MEBIBYTE, 2 * MEBIBYTE);
  const found = new Set([await of(bytes, [MEBIBYTE])]);
  bytes[3 * MEBIBYTE - 1] = 66;
  found.add(await of(bytes, [MEBIBYTE]));
  bytes[3 * MEBIBYTE - 1] = 65;
  bytes.copyWithin(0, MEBIBYTE, 2 * MEBIBYTE).fill(65, MEBIBYTE, 2 * MEBIBYTE);
  found.add(await of(bytes, [MEBIBYTE]));
  found.add(await of(bytes.subarray(1), [MEBIBYTE]));
  expect(found.size).toBe(4);
});
