/** Whose certificates are trusted: the public authorities, a district's own, and those of this computer's store. */
import { createSecureContext, getCACertificates, type SecureContext } from 'node:tls';

let ofSystem: readonly string[] | undefined;

/** What this computer's store trusts; read once, since it takes up to a tenth of a second. */
const systemCertificates = (): readonly string[] => {
  if (ofSystem === undefined) {
    try {
      ofSystem = getCACertificates('system');
    } catch {
      // A store that cannot be read trusts nobody.
      ofSystem = [];
    }
  }
  return ofSystem;
};

/** Those made already: to read a few hundred certificates takes ten milliseconds, which not every socket should cost. */
const made = new Map<string, SecureContext>();
/** A new list of certificates is a rare thing. */
const MOST_MADE = 20;

/**
 * @param ca PEM certificates trusted beside the public ones
 * @param system whether this computer's own store is trusted too
 * @returns the context for TLS connections; undefined where Node's own is the one
 */
export const trusting = (ca: readonly string[], system: boolean): SecureContext | undefined => {
  const more = [...ca, ...(system ? systemCertificates() : [])];
  if (more.length === 0) return undefined;
  const name = `${system}\n${ca.join('\n')}`;
  let context = made.get(name);
  if (context === undefined) {
    context = createSecureContext({ ca: [...new Set([...getCACertificates('default'), ...more])] });
    if (made.size >= MOST_MADE) made.clear();
    made.set(name, context);
  }
  return context;
};
