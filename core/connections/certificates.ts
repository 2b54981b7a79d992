/** Certificates of a district's own authority: what a network that inspects encrypted traffic signs with. */
import { X509Certificate } from 'node:crypto';
import { Failure } from '../errors/failure.ts';

const BLOCK = /-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g;

/**
 * @param texts PEM, one certificate or several in each
 * @returns one PEM text each; whatever else was in the texts (a private key, say) is left out
 * @throws Failure `usage` where a text holds none that can be read
 */
export function certificatesIn(texts: readonly string[]): string[] {
  return texts.flatMap((text) => {
    const blocks = text.match(BLOCK) ?? [];
    try {
      for (const block of blocks) new X509Certificate(block);
    } catch {
      throw unreadable();
    }
    if (blocks.length === 0) throw unreadable();
    return blocks;
  });
}

const unreadable = (): Failure =>
  new Failure(
    'usage',
    'The certificate cannot be read: it has to be a PEM file, which begins with BEGIN CERTIFICATE. Ask your network administrator for it in this form.',
  );
