import { csvRecords } from '../csv.ts';
import { shown, unusable } from '../refuse.ts';
import type { TableMode } from '../types.ts';
import type { OneRosterVersion } from './columns.ts';
import type { Entry } from './container.ts';
import { type Survey, textOf } from './survey.ts';

export interface Manifest {
  /** Undefined where the manifest does not say. */
  readonly version: OneRosterVersion | undefined;
  /** What it says of each file, by the file's lower-case name without `.csv`. */
  readonly files: ReadonlyMap<string, TableMode | 'absent'>;
}

/**
 * Reads manifest.csv.
 * @throws Failure for a version or a file mode that OneRoster 1.1 and 1.2 do not have.
 */
export async function readManifest(entry: Entry, known: Survey, signal?: AbortSignal): Promise<Manifest> {
  const file = shown(entry.name);
  const files = new Map<string, TableMode | 'absent'>();
  let version: OneRosterVersion | undefined;
  for await (const { rows, first } of csvRecords(textOf(entry, known, signal), entry.name, known.lineEnd)) {
    for (const [offset, fields] of rows.entries()) {
      const property = (fields[0] ?? '').trim().toLowerCase();
      const value = (fields[1] ?? '').trim().toLowerCase();
      const row = first + offset;
      if (property === 'oneroster.version') {
        version = versionOf(value, file, row);
      } else if (property.startsWith('file.')) {
        if (value !== 'bulk' && value !== 'delta' && value !== 'absent') {
          throw unusable(
            `${file}, row ${row}: a file is neither bulk, delta nor absent; correct the manifest, or make a new export.`,
            { file, row },
          );
        }
        files.set(property.slice('file.'.length).replace(/\.csv$/, ''), value);
      }
    }
  }
  await entry.assertUnchanged();
  return { version, files };
}

function versionOf(value: string, file: string, row: number): OneRosterVersion | undefined {
  const found = /^v?1\.([12])(\.\d+)*$/.exec(value);
  if (found) return found[1] === '1' ? '1.1' : '1.2';
  if (value === '') return undefined;
  throw unusable(
    `${file}, row ${row}: the export is not OneRoster 1.1 or 1.2; have the SIS write one of these versions.`,
    { file, row },
  );
}
