/** Which snapshot a request wants to read, if any. */
import type { ApiRequest } from './exchange.ts';
import type { Traits } from './generations.ts';
import { methodNotAllowed, snapshotNotFound } from './problems.ts';

/** A state of one place's data that no longer changes. */
export interface Snapshot<Site> {
  /** 32 hexadecimal digits */
  readonly identifier: string;
  /** ISO 8601 */
  readonly taken: string;
  readonly site: Site;
}

/**
 * @param snapshots those of the place, oldest first
 * @returns what the request is to be answered from; undefined for the present state
 * @throws Problem 404 or 410 where there is no such snapshot, 405 where it would be written to
 */
export function snapshotFor<Site>(
  { snapshots: trait }: Pick<Traits, 'snapshots'>,
  snapshots: readonly Snapshot<Site>[],
  { method, headers }: ApiRequest,
): Site | undefined {
  switch (trait) {
    case 'none':
      return undefined;
    case 'by-identifier': {
      const identifier = headers['snapshot-identifier'];
      if (typeof identifier !== 'string') return undefined;
      refuseWrite(method, 'Snapshot-Identifier');
      const found = snapshots.find((snapshot) => snapshot.identifier === identifier.toLowerCase());
      if (found === undefined) throw snapshotNotFound(410);
      return found.site;
    }
    case 'by-flag': {
      const flag = headers['use-snapshot'];
      if (typeof flag !== 'string' || flag.toLowerCase() !== 'true') return undefined;
      refuseWrite(method, 'Use-Snapshot');
      const newest = snapshots.at(-1);
      if (newest === undefined) throw snapshotNotFound(404);
      return newest.site;
    }
  }
}

function refuseWrite(method: string, header: string): void {
  if (method !== 'GET') throw methodNotAllowed(['GET'], `With ${header}, only reading is supported.`);
}
