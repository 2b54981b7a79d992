import { createHash } from 'node:crypto';
import { unusable } from './refuse.ts';
import type { DeltaKeys, RowBatch, Source, TableInfo } from './types.ts';

/** Whether a source holds changes only, and so means nothing without the last full set. */
export function isDelta(source: Source): boolean {
  for (const { mode } of source.tables.values()) if (mode === 'delta') return true;
  return false;
}

/**
 * Lays a delta export over the last full set: rows the delta names come from it or are gone, all others from the base.
 * Tables that the delta brings whole (bulk) replace the base's; tables it lacks come from the base.
 * Holds the delta's keys in memory, never the base's rows. Closing it closes both.
 * @param base a full set: a bulk export, a snapshot, or another overlay.
 * @throws Failure when the two are of different OneRoster versions.
 */
export function overlayDelta(base: Source, delta: Source): Source {
  if (base.version !== delta.version) {
    throw unusable(
      `The delta export is OneRoster ${delta.version}, but the last full set was ${base.version}; make a bulk export.`,
    );
  }
  const tables = new Map<string, TableInfo>();
  for (const [name, info] of base.tables) {
    const changes = delta.tables.get(name);
    tables.set(name, changes ? overlaid(info, changes) : info);
  }
  for (const [name, info] of delta.tables) if (!tables.has(name)) tables.set(name, { ...info, mode: 'bulk' });

  const superseded = new Map<string, Promise<ReadonlySet<string>>>();
  const keysOf = (name: string, { keys }: DeltaKeys): Promise<ReadonlySet<string>> => {
    const known = superseded.get(name) ?? collect(keys);
    superseded.set(name, known);
    // A reading that was stopped or refused is tried again by the next one.
    known.catch(() => superseded.delete(name));
    return known;
  };

  async function* read(name: string, columns: readonly string[], signal?: AbortSignal): AsyncGenerator<RowBatch> {
    const info = delta.tables.get(name);
    if (info === undefined) {
      yield* base.read(name, columns, signal);
      return;
    }
    const baseInfo = base.tables.get(name);
    if (info.mode === 'delta' && baseInfo !== undefined && delta.deltaKeys) {
      const deltaKeys = delta.deltaKeys(name, signal);
      const keys = await keysOf(name, deltaKeys);
      const keyPlace = columns.indexOf(deltaKeys.column);
      const asked = keyPlace < 0 ? [...columns, deltaKeys.column] : columns;
      const place = keyPlace < 0 ? columns.length : keyPlace;
      for await (const batch of base.read(name, asked, signal)) {
        const kept = withoutKeys(batch, keys, place, columns.length);
        if (kept.rows.length > 0) yield { ...kept, file: batch.file ?? baseInfo.file };
      }
    }
    yield* delta.read(name, columns, signal);
  }

  return {
    kind: 'oneroster',
    version: delta.version,
    tables,
    notices: delta.notices,
    fingerprint: createHash('sha256').update(`${base.fingerprint} ${delta.fingerprint}`).digest('hex'),
    read,
    close: async () => {
      await delta.close();
      await base.close();
    },
  };
}

function overlaid(base: TableInfo, changes: TableInfo): TableInfo {
  const columns = changes.mode === 'bulk' ? changes.columns : [...new Set([...base.columns, ...changes.columns])];
  return { name: base.name, columns, mode: 'bulk', file: changes.file };
}

async function collect(batches: AsyncIterable<readonly string[]>): Promise<ReadonlySet<string>> {
  const all = new Set<string>();
  // Copied: a value cut from a chunk of the file would keep the whole chunk in memory.
  for await (const batch of batches) for (const key of batch) all.add(Buffer.from(key).toString());
  return all;
}

function withoutKeys(batch: RowBatch, keys: ReadonlySet<string>, place: number, width: number) {
  const rows: (readonly string[])[] = [];
  const numbers: number[] = [];
  for (const [at, row] of batch.rows.entries()) {
    if (keys.has(row[place]!.trim())) continue;
    rows.push(row.length === width ? row : row.slice(0, width));
    numbers.push(batch.numbers[at]!);
  }
  return { rows, numbers };
}
