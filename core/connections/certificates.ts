/** Certificates of a district's own authority: what a network that inspects encrypted traffic signs with. */
import { X509Certificate } from 'node:crypto';
import type { CertificateView } from '../contract/schemas.ts';
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

/** @returns the value of a name's part (`CN`, `O`), the first where there are several */
const partOf = (name: string, part: string): string | null =>
  name
    .split('\n')
    .find((line) => line.startsWith(`${part}=`))
    ?.slice(part.length + 1) ?? null;

/**
 * @param pem one certificate, as `certificatesIn` gives it
 * @returns what tells it from another
 */
export function describeCertificate(pem: string): CertificateView {
  const { subject, validFromDate, validToDate, ca } = new X509Certificate(pem);
  const organization = partOf(subject, 'O');
  return {
    pem,
    subject: partOf(subject, 'CN') ?? partOf(subject, 'OU') ?? organization ?? '',
    organization,
    from: validFromDate.getTime(),
    until: validToDate.getTime(),
    isAuthority: ca,
  };
}

const unreadable = (): Failure =>
  new Failure(
    'usage',
    'The certificate cannot be read: it has to be a PEM file, which begins with BEGIN CERTIFICATE. Ask your network administrator for it in this form.',
  );
