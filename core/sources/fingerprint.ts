import { createHash, subtle } from 'node:crypto';

/** Bytes that are hashed at once. */
const PIECE_BYTES = 1024 * 1024;
/** Pieces that may be on their way; each is a copy. */
const MOST_UNDER_WAY = 4;

/** Fingerprints bytes as they come. */
export interface Fingerprint {
  /** Adds bytes, which may be used again at once. Waits where the hashing falls behind. */
  add(bytes: Uint8Array): Promise<void> | undefined;
  /** @returns 64 hexadecimal digits */
  end(): Promise<string>;
}

/**
 * The SHA-256 of the SHA-256 of each mebibyte: the pieces are hashed in other threads, while the caller goes on, and one
 * file beside another.
 */
export const createFingerprint = (): Fingerprint => {
  const whole = createHash('sha256');
  const underWay: Promise<ArrayBuffer>[] = [];
  /** Has room for what came: most files of a small export are far smaller than a whole one. */
  let piece = new Uint8Array(0);
  let used = 0;
  const take = async (most: number): Promise<void> => {
    while (underWay.length > most) whole.update(new Uint8Array(await underWay.shift()!));
  };
  // It is copied before this returns.
  const hash = (): void => {
    underWay.push(subtle.digest('SHA-256', piece.subarray(0, used)));
    used = 0;
  };
  const makeRoom = (more: number): void => {
    if (used + more <= piece.length) return;
    const larger = new Uint8Array(Math.min(PIECE_BYTES, Math.max(piece.length * 2, used + more)));
    larger.set(piece.subarray(0, used));
    piece = larger;
  };
  return {
    add: (bytes) => {
      for (let at = 0; at < bytes.length; ) {
        const some = bytes.subarray(at, at + PIECE_BYTES - used);
        makeRoom(some.length);
        piece.set(some, used);
        used += some.length;
        at += some.length;
        if (used === PIECE_BYTES) hash();
      }
      return underWay.length > MOST_UNDER_WAY ? take(MOST_UNDER_WAY) : undefined;
    },
    end: async () => {
      if (used > 0) hash();
      await take(0);
      return whole.digest('hex');
    },
  };
};
