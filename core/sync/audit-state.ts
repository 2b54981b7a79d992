/** What an audit leaves for the next one, in the ledger's cache: hashes, ids and a change version; no values. */
import { z } from 'zod';
import { parseJson } from '../edfi/json.ts';
import type { ResourceName } from '../edfi/model.ts';
import type { Ledger } from '../ledger/ledger.ts';

/** Hashes are latin1 strings, as in hashes.ts. */
export type AuditFinding =
  | { readonly kind: 'missing' | 'hidden'; readonly keyHash: string; readonly apiId?: undefined }
  | {
      readonly kind: 'unknown' | 'differing';
      readonly keyHash: string;
      /** Of what the API has. */
      readonly fullHash: string;
      /** '' where the API gives none. */
      readonly apiId: string;
    };

export interface AuditState {
  /** The newest change version when the audit began. */
  readonly newest: number;
  /** What was found in each resource that the next audit can build on. */
  readonly resources: Record<ResourceName, readonly AuditFinding[]>;
}

const CACHE_NAME = 'audit';
/** Of the form below: another is not read. */
const FORM = '1';

const hash = z.string().transform((text) => Buffer.from(text, 'base64').toString('latin1'));
const FINDING = z.union([
  z.object({ kind: z.enum(['missing', 'hidden']), keyHash: hash }),
  z.object({ kind: z.enum(['unknown', 'differing']), keyHash: hash, fullHash: hash, apiId: z.string() }),
]);
const STATE = z.object({
  newest: z.number().int().nonnegative(),
  resources: z.record(z.string(), z.array(FINDING)),
});

const written = (text: string): string => Buffer.from(text, 'latin1').toString('base64');

/** @returns what the last audit of a connection left; undefined where there was none */
export function keptAuditState(ledger: Ledger, connectionId: number): AuditState | undefined {
  const kept = ledger.cached(connectionId, CACHE_NAME);
  return kept?.version === FORM ? STATE.safeParse(parseJson(kept.text)).data : undefined;
}

/** Keeps it. @param at milliseconds since 1970 */
export function keepAuditState(ledger: Ledger, connectionId: number, state: AuditState, at: number): void {
  const resources = Object.fromEntries(
    Object.entries(state.resources).map(([name, findings]) => [
      name,
      findings.map((finding) => ({
        ...finding,
        keyHash: written(finding.keyHash),
        ...('fullHash' in finding ? { fullHash: written(finding.fullHash) } : {}),
      })),
    ]),
  );
  ledger.cache(connectionId, CACHE_NAME, FORM, JSON.stringify({ newest: state.newest, resources }), at);
}
