/**
 * The two keys of a ledger, both derived from its one secret (in the OS keychain, or a file only its owner can read):
 * one keys the hashes, so that a stolen ledger cannot be matched against a list of student numbers; one seals the
 * columns that hold values.
 */
import { createCipheriv, createDecipheriv, createSecretKey, hash, hkdfSync, randomFillSync } from 'node:crypto';
import { Failure } from '../errors/failure.ts';

const NONCE = 12;
const TAG = 16;

export interface Seal {
  /** @returns the keyed hash of `text` as a latin1 string of 32 bytes; callers keep a prefix of it */
  digest(text: string): string;
  /** @returns a function to the keyed hash of `label` and the bytes it is given; made once for many */
  hasher(label: string): (bytes: Uint8Array) => string;
  /** AES-256-GCM; `purpose` is authenticated, so that a sealed value cannot be moved to another column. */
  seal(purpose: string, text: string): Buffer;
  /** As `seal`, for bytes. */
  sealBytes(purpose: string, bytes: Uint8Array): Buffer;
  openBytes(purpose: string, sealed: Buffer): Buffer;
  /** As `seal`, but the same for the same text, so that equal ones can be found: for ids, not for what has few values. */
  sealSame(purpose: string, text: string): Buffer;
  /** @throws Failure `ledger-damaged` when the bytes were altered or belong to another ledger */
  open(purpose: string, sealed: Buffer): string;
  /** A key for sealed files beside the ledger (the copy of a source), 32 bytes. */
  fileKey(purpose: string): Buffer;
}

/** @param secret the ledger's secret, 32 random bytes */
export function createSeal(secret: Buffer): Seal {
  const derive = (label: string): Buffer => Buffer.from(hkdfSync('sha256', new Uint8Array(secret), '', label, 32));
  // A secret prefix of a whole hash block; the digest is cut by every caller, so it cannot be extended either.
  const prefix = Buffer.from(derive('rollbook hash').toString('hex'), 'latin1');
  // Hashing bytes put into one buffer is three times as fast as hashing a string put together from pieces.
  const hasher = (label: string): ((bytes: Uint8Array) => string) => {
    const head = Buffer.concat([prefix, Buffer.from(label)]);
    let buffer = Buffer.concat([head, Buffer.alloc(1024)]);
    return (bytes) => {
      if (head.length + bytes.length > buffer.length) buffer = Buffer.concat([head, Buffer.alloc(bytes.length * 2)]);
      buffer.set(bytes, head.length);
      return hash('sha256', buffer.subarray(0, head.length + bytes.length), 'binary');
    };
  };
  const plain = hasher('');
  // As a key object, a record is sealed in a quarter of the time: from bytes, node makes one each time.
  const sealing = createSecretKey(derive('rollbook seal'));
  const nonces = Buffer.alloc(NONCE * 1024);
  let nonceAt = nonces.length;
  const newNonce = (): Buffer => {
    if (nonceAt === nonces.length) {
      randomFillSync(nonces);
      nonceAt = 0;
    }
    nonceAt += NONCE;
    return nonces.subarray(nonceAt - NONCE, nonceAt);
  };
  const close = (purpose: string, bytes: Uint8Array, nonce: Buffer): Buffer => {
    const cipher = createCipheriv('aes-256-gcm', sealing, nonce);
    cipher.setAAD(Buffer.from(purpose));
    return Buffer.concat([nonce, cipher.update(bytes), cipher.final(), cipher.getAuthTag()]);
  };
  const openBytes = (purpose: string, sealed: Buffer): Buffer => {
    try {
      const nonce = sealed.subarray(0, NONCE);
      const decipher = createDecipheriv('aes-256-gcm', sealing, nonce, { authTagLength: TAG });
      decipher.setAAD(Buffer.from(purpose));
      decipher.setAuthTag(sealed.subarray(sealed.length - TAG));
      const start = decipher.update(sealed.subarray(NONCE, sealed.length - TAG));
      return Buffer.concat([start, decipher.final()]);
    } catch {
      throw new Failure(
        'ledger-damaged',
        'A sealed value in the ledger cannot be opened: the ledger was altered, or its key belongs to another ledger. Restore the data folder and its key together.',
      );
    }
  };
  return {
    digest: (text) => plain(Buffer.from(text)),
    hasher,
    seal: (purpose, text) => close(purpose, Buffer.from(text), newNonce()),
    open: (purpose, sealed) => openBytes(purpose, sealed).toString('utf8'),
    sealBytes: (purpose, bytes) => close(purpose, bytes, newNonce()),
    openBytes,
    // A nonce made of the text itself is used again for the same text only.
    sealSame: (purpose, text) =>
      close(
        purpose,
        Buffer.from(text),
        Buffer.from(plain(Buffer.from(`same\n${purpose}\n${text}`)).slice(0, NONCE), 'latin1'),
      ),
    fileKey: (purpose) => derive(`rollbook file ${purpose}`),
  };
}
