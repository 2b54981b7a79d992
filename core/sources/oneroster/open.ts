import { createHash } from 'node:crypto';
import { availableParallelism } from 'node:os';
import type { Failure } from '../../errors/failure.ts';
import { shown, unusable } from '../refuse.ts';
import type { SealedReader } from '../sealed-file.ts';
import type { DeltaKeys, Source, SourceNotice, TableInfo, TableMode } from '../types.ts';
import { type OneRosterVersion, OTHER_FILES, requiredTables, TABLES, type TableName } from './columns.ts';
import { type Container, type Entry, type OpenOptions, openContainer } from './container.ts';
import { type CopyIndex, copyContainer, copyFiles } from './copy.ts';
import { readTableHeader } from './header.ts';
import { knownText, readKnown } from './known.ts';
import { type Manifest, readManifest } from './manifest.ts';
import { type Survey, survey } from './survey.ts';
import { readSyntheticRoles, syntheticRoles } from './synthetic-roles.ts';
import { type OneRosterTable, readTable } from './table.ts';

const FILE_NAMES: ReadonlyMap<string, TableName> = new Map(
  TABLES.map((table) => [`${table}.csv`.toLowerCase(), table]),
);
const MANIFEST = 'manifest.csv';

/**
 * Opens a OneRoster 1.1 or 1.2 CSV export: a folder, or a zip of one.
 * Every file that is not known is read through once here (hash, encoding, header), and again by each `read`.
 * @param path the folder or the .zip file.
 * @throws Failure (source-unusable) when there is no export, it is incomplete, damaged or still being written.
 */
export async function openSource(path: string, options: OpenOptions = {}): Promise<Source> {
  const container = await openContainer(path, isExportFile, options);
  try {
    const known = readKnown(options.known);
    const surveyOf: SurveyOf = async (entry) =>
      (entry.state && known.surveyOf(entry.name, entry.state)) ?? survey(entry, options.signal);
    return await describe(container, surveyOf, options.signal);
  } catch (thrown) {
    await container.close();
    throw thrown;
  }
}

/**
 * Opens a copy that `Source.copy` made: what the export was, with the names, row numbers, notices and fingerprint it had.
 * Closing it closes the sealed file.
 * @throws Failure (source-unusable) when it is damaged.
 */
export async function openCopy(index: CopyIndex, sealed: SealedReader, damaged: () => Failure): Promise<Source> {
  const surveys = new Map(index.files.map((file) => [file.name, file.survey]));
  // A copy's bytes need not be those of the export, so it is not copied as one: its rows are.
  const { copy: _, ...source } = await describe(copyContainer(index, sealed), async ({ name }) => {
    const known = surveys.get(name);
    if (known === undefined) throw damaged();
    return known;
  });
  return source;
}

function isExportFile(name: string): boolean {
  return FILE_NAMES.has(name.toLowerCase()) || name.toLowerCase() === MANIFEST;
}

type SurveyOf = (entry: Entry) => Promise<Survey>;

async function describe(container: Container, surveyOf: SurveyOf, signal?: AbortSignal): Promise<Source> {
  const notices: SourceNotice[] = [];
  const say = (code: string, sentence: string): void => {
    notices.push({ code, sentence });
  };
  const files = new Map<TableName, Entry>();
  let manifestEntry: Entry | undefined;
  for (const entry of container.entries) {
    const name = entry.name.toLowerCase();
    const table = FILE_NAMES.get(name);
    if (table !== undefined) {
      if (files.has(table))
        throw unusable(`The export holds ${table}.csv twice; remove one of them.`, { file: `${table}.csv` });
      files.set(table, entry);
    } else if (name === MANIFEST) manifestEntry = entry;
    else if (name === 'userprofiles.csv') {
      say(
        'credentials-not-read',
        `${shown(entry.name)} holds credentials and is never opened; better leave it out of the export.`,
      );
    } else if (!OTHER_FILES.has(name)) {
      say('file-unknown', `${shown(entry.name)} is no file of a OneRoster roster and is not read.`);
    }
  }
  const surveys = new Map<Entry, Survey>();
  const surveyed = async (entry: Entry): Promise<Survey> => {
    const known = await surveyOf(entry);
    surveys.set(entry, known);
    return known;
  };
  const manifest = manifestEntry ? await readManifest(manifestEntry, await surveyed(manifestEntry), signal) : undefined;
  if (!manifest) {
    say('manifest-missing', 'The export has no manifest.csv, so every file is taken for a full set (bulk).');
  }
  const version = manifest?.version ?? (files.has('roles') ? '1.2' : '1.1');
  if (version === '1.1' && files.has('roles')) {
    say('file-unknown', 'roles.csv is no file of OneRoster 1.1 and is not read.');
    files.delete('roles');
  }
  const modes = modesOf(manifest, files);
  const delta = [...modes.values()].includes('delta');
  if (!delta) assertComplete(manifest, files, version);

  const tables = new Map<string, OneRosterTable>();
  const hash = createHash('sha256').update(version);
  const present = TABLES.filter((table) => files.has(table));
  const surveysInOrder = await severalAtOnce(present, (table) => surveyed(files.get(table)!));
  for (const [place, table] of present.entries()) {
    const entry = files.get(table)!;
    const mode = modes.get(table)!;
    const known = surveysInOrder[place]!;
    if (known.guessed) {
      say(
        'encoding-guessed',
        `${shown(entry.name)} is not UTF-8 and was read as Windows-1252; check a name with an accent.`,
      );
    }
    const header = readTableHeader(table, version, mode === 'delta', entry.name, known.header);
    notices.push(...header.notices);
    if (mode === 'bulk' && !known.hasRows) {
      if (table === 'users') {
        throw unusable(`${shown(entry.name)} has a header and no row; the export did not work, so make a new one.`, {
          file: shown(entry.name),
        });
      }
      say('table-empty', `${shown(entry.name)} has a header and no row.`);
    }
    const columns = header.places.filter((column) => column !== undefined);
    const info = { name: table, columns, mode, file: shown(entry.name) };
    tables.set(table, { info, entry, survey: known, places: header.places, uniqueIds: false });
    hash.update(`\n${table} ${mode} ${known.bytes} ${known.hash}`);
  }
  // In the container's order, not in that in which the surveys ended: the same export is remembered by the same text.
  const found = container.entries.flatMap((entry) => {
    const known = surveys.get(entry);
    return known && entry.state ? [{ name: entry.name, state: entry.state, survey: known }] : [];
  });
  const described = sourceOf(container, version, tables, notices, hash.digest('hex'), delta);
  const source = found.length > 0 ? { ...described, known: knownText(found) } : described;
  if (delta) return source;
  const byEntry = new Map([...tables.values()].map((table) => [table.entry, table]));
  const toCopy = container.entries.map((entry) => ({ entry, survey: surveys.get(entry), table: byEntry.get(entry) }));
  return { ...source, copy: (out, signal) => copyFiles(toCopy, out, signal) };
}

/**
 * Works on several things at once, as many as there are cores: what reading a file costs is done in other threads.
 * @throws what the first of them that fails throws, in their order; none is still at work then
 */
async function severalAtOnce<T, R>(things: readonly T[], work: (thing: T) => Promise<R>): Promise<R[]> {
  const done: PromiseSettledResult<R>[] = [];
  let next = 0;
  let failed = false;
  const worker = async (): Promise<void> => {
    while (next < things.length && !failed) {
      const place = next++;
      const [result] = await Promise.allSettled([work(things[place]!)]);
      done[place] = result;
      failed ||= result.status === 'rejected';
    }
  };
  await Promise.all(Array.from({ length: availableParallelism() }, worker));
  return done.map((result) => {
    if (result.status === 'rejected') throw result.reason;
    return result.value;
  });
}

/** Which files are full sets and which are changes; refuses a manifest that its files contradict. */
function modesOf(manifest: Manifest | undefined, files: ReadonlyMap<TableName, Entry>): Map<TableName, TableMode> {
  const modes = new Map<TableName, TableMode>();
  const said = [...(manifest?.files.values() ?? [])];
  for (const table of TABLES) {
    const mode = manifest?.files.get(table.toLowerCase());
    const entry = files.get(table);
    if (entry === undefined) {
      if (mode === 'bulk' || mode === 'delta') {
        throw unusable(
          `manifest.csv names ${table}.csv, which is not there; copy the whole export, or make a new one.`,
          {
            file: `${table}.csv`,
          },
        );
      }
      continue;
    }
    if (mode === 'absent') {
      throw unusable(`manifest.csv says that ${table}.csv is absent, but it is there; make a new export.`, {
        file: `${table}.csv`,
      });
    }
    if (mode === undefined && said.includes('delta')) {
      throw unusable(
        `manifest.csv does not say whether ${table}.csv is bulk or delta; have the SIS write that, or make a bulk export.`,
        { file: `${table}.csv` },
      );
    }
    modes.set(table, mode ?? 'bulk');
  }
  return modes;
}

function assertComplete(
  manifest: Manifest | undefined,
  files: ReadonlyMap<TableName, Entry>,
  version: OneRosterVersion,
): void {
  for (const table of requiredTables(version)) {
    if (files.has(table)) continue;
    const why = table === 'demographics' ? ' (it holds the birth dates, which Ed-Fi requires)' : '';
    const absent = manifest?.files.get(table.toLowerCase()) === 'absent' ? ', and manifest.csv says so' : '';
    throw unusable(`${table}.csv is missing from the export${absent}; have the SIS write it${why}.`, {
      file: `${table}.csv`,
    });
  }
}

function sourceOf(
  container: Container,
  version: OneRosterVersion,
  files: ReadonlyMap<string, OneRosterTable>,
  notices: readonly SourceNotice[],
  fingerprint: string,
  delta: boolean,
): Source {
  const tables = new Map<string, TableInfo>([...files].map(([name, table]) => [name, table.info]));
  const users = files.get('users');
  if (version === '1.1' && users !== undefined) tables.set('roles', syntheticRoles(users));

  const tableNamed = (name: string): OneRosterTable => {
    const table = files.get(name);
    if (table !== undefined) return table;
    throw unusable(`The export has no table ${shown(name)}; have the SIS write ${shown(name)}.csv.`, {
      file: `${shown(name)}.csv`,
    });
  };
  const read: Source['read'] = (name, columns, signal, glance) => {
    if (name === 'roles' && version === '1.1') return readSyntheticRoles(tableNamed('users'), columns, signal);
    return readTable(tableNamed(name), columns, 'active', signal, glance);
  };
  const deltaKeys = (name: string, signal?: AbortSignal): DeltaKeys => {
    // A user of 1.1 brings all of their roles: whatever the delta says of the user replaces every one of them.
    const synthetic = name === 'roles' && version === '1.1';
    const table = tableNamed(synthetic ? 'users' : name);
    return { column: synthetic ? 'userSourcedId' : 'sourcedId', keys: keysOf(table, signal) };
  };
  const source: Source = {
    kind: 'oneroster',
    version,
    tables,
    notices,
    fingerprint,
    read,
    close: () => container.close(),
  };
  return delta ? { ...source, deltaKeys } : source;
}

async function* keysOf(table: OneRosterTable, signal?: AbortSignal): AsyncGenerator<string[]> {
  for await (const { rows } of readTable(table, ['sourcedId'], 'all', signal)) yield rows.map(([id]) => id!.trim());
}
