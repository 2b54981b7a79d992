/** The engine's handling of sources: a look at an export, and which one a connection sends. */
import { stat } from 'node:fs/promises';
import path from 'node:path';
import type { Profile } from './connections/profile.ts';
import type { CommandName, CommandOutput, ParsedInput, SourceView } from './contract/schemas.ts';
import { Failure } from './errors/failure.ts';
import type { ConnectionRow, Ledger } from './ledger/ledger.ts';
import { lookAt } from './sources/look.ts';
import { shown } from './sources/refuse.ts';

type SourceCommand = Extract<CommandName, `sources.${string}`>;
type Handlers = { [N in SourceCommand]: (input: ParsedInput<N>) => Promise<CommandOutput<N>> };

export interface SourcesInput {
  readonly ledger: Pick<Ledger, 'batches'>;
  readonly find: (connection: string) => ConnectionRow;
  readonly profileOf: (row: ConnectionRow) => Profile;
  readonly updateProfile: (row: ConnectionRow, profile: Profile) => void;
  /** A connection has another export, or another rule for what vanished from it. */
  readonly changed: (row: ConnectionRow, what: { readonly path: boolean }) => Promise<void>;
}

export interface EngineSources {
  readonly handlers: Handlers;
  /** Stops every look under way. */
  stop(): void;
}

/** Batches that are looked through for the last one that ended well. */
const MOST_BATCHES = 500;

export function createSourcesRoom(input: SourcesInput): EngineSources {
  const { ledger, find, profileOf } = input;
  const looks = new Set<AbortController>();

  const view = async (row: ConnectionRow): Promise<SourceView> => {
    const { source, vanished } = profileOf(row);
    const sent = ledger.batches(row.id, Number.MAX_SAFE_INTEGER, MOST_BATCHES).find(({ state }) => state === 'done');
    return {
      path: source ?? null,
      isThere: source !== undefined && (await isUsable(source)),
      vanished,
      lastSent: sent?.endedAt ?? null,
    };
  };

  const handlers: Handlers = {
    'sources.inspect': async ({ path: given }) => {
      const controller = new AbortController();
      looks.add(controller);
      try {
        const { tables, notices, ...kind } = await lookAt(path.resolve(given), controller.signal);
        return {
          ...kind,
          tables: tables.map((table) => ({
            ...table,
            columns: [...table.columns],
            first: table.first.map((row) => [...row]),
          })),
          notices: [...notices],
        };
      } finally {
        looks.delete(controller);
      }
    },
    'sources.show': async ({ connection }) => view(find(connection)),
    'sources.set': async (given) => {
      const source = given.path === null ? undefined : path.resolve(given.path);
      if (source !== undefined && !(await isUsable(source))) {
        const label = shown(path.basename(source) || source);
        throw new Failure(
          'source-unusable',
          `There is no folder and no zip file ${label}: choose the folder or the zip of the OneRoster export.`,
          { file: label },
        );
      }
      const row = find(given.connection);
      const { source: before, ...profile } = profileOf(row);
      const vanished = given.vanished ?? profile.vanished;
      if (source !== before || vanished !== profile.vanished) {
        input.updateProfile(row, { ...profile, vanished, ...(source === undefined ? {} : { source }) });
        await input.changed(find(given.connection), { path: source !== before });
      }
      return view(find(given.connection));
    },
  };

  return {
    handlers,
    stop() {
      for (const look of looks) look.abort();
    },
  };
}

/** @returns whether there is a folder or a zip file at that path; what is in it is another question */
async function isUsable(target: string): Promise<boolean> {
  try {
    const info = await stat(target);
    return info.isDirectory() || (info.isFile() && /\.zip$/i.test(target));
  } catch {
    return false;
  }
}
