/** The real thing in a folder of its own: engine, ledger file, practice API over HTTP; gone after the test. */
import { mkdtempSync, readdirSync, rmSync, utimesSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, onTestFinished } from 'vitest';
import { createMemoryStore, type SecretStore } from '../../core/connections/secrets.ts';
import type {
  AccountView,
  CommandInput,
  CommandName,
  CommandOutput,
  EngineEvent,
} from '../../core/contract/schemas.ts';
import { createEngine, type Engine } from '../../core/engine.ts';
import { writeDistrict } from '../../core/sandbox/district/generate.ts';
import type { Sandbox, SandboxOptions } from '../../core/sandbox/options.ts';
import { startSandbox } from '../../core/sandbox/server.ts';
import { LONG_AGO } from './export.ts';

export function newFolder(): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'rollbook-sync-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

export async function practice(options: SandboxOptions = {}): Promise<Sandbox> {
  const sandbox = await startSandbox(options);
  onTestFinished(() => sandbox.close());
  return sandbox;
}

/** Writes a fictional district, long ago as far as anybody can tell; students 20, clean, first day unless told. */
export async function district(options: Partial<Parameters<typeof writeDistrict>[0]> = {}): Promise<string> {
  const out = path.join(newFolder(), 'export');
  await writeDistrict({ out, students: 20, seed: 7, clean: true, ...options });
  // What was just written would be looked at for a while.
  for (const name of readdirSync(out)) utimesSync(path.join(out, name), LONG_AGO, LONG_AGO);
  return out;
}

export interface Bench {
  readonly folder: string;
  readonly events: EngineEvent[];
  /** Calls a command and expects it to succeed. */
  call<N extends CommandName>(command: N, input: CommandInput<N>): Promise<CommandOutput<N>>;
  /** Calls a command and expects it to fail. @returns the failure's code and sentence */
  refused(command: CommandName, input: unknown): Promise<{ code: string; sentence: string }>;
  /** Syncs the connection `here`; approved, unless told otherwise. */
  sync(source: string, input?: Partial<CommandInput<'sync.run'>>): Promise<CommandOutput<'sync.run'>>;
  close(): Promise<void>;
}

export async function bench(
  api: { readonly url: string; readonly key: string; readonly secret: string },
  options: {
    readonly folder?: string;
    readonly keychain?: SecretStore | undefined;
    readonly settings?: Readonly<Record<string, string>>;
    readonly vanished?: 'delete' | 'keep';
    readonly connect?: boolean;
    readonly now?: () => number;
  } = {},
): Promise<Bench> {
  const folder = options.folder ?? newFolder();
  const events: EngineEvent[] = [];
  const engine: Engine = await createEngine({
    folder,
    keychain: 'keychain' in options ? options.keychain : createMemoryStore(),
    secret: api.secret,
    now: options.now ?? Date.now,
    emit: (event) => void events.push(event),
  });
  let open = true;
  const close = async (): Promise<void> => {
    if (open) await engine.close();
    open = false;
  };
  onTestFinished(close);
  const made: Bench = {
    folder,
    events,
    async call(command, input) {
      const answer = await engine.handle(command, input);
      if ('error' in answer) throw new Error(`${command}: ${answer.error.code}: ${answer.error.sentence}`);
      return answer.ok as never;
    },
    async refused(command, input) {
      const answer = await engine.handle(command, input);
      if (!('error' in answer)) throw new Error(`${command} was not refused`);
      return answer.error;
    },
    sync: (source, input = {}) =>
      made.call('sync.run', { connection: 'here', source, approve: true, concurrency: 8, ...input }),
    close,
  };
  if (options.connect !== false) {
    await made.call('connections.add', {
      name: 'here',
      url: api.url,
      key: api.key,
      studentId: 'identifier',
      test: false,
      ...(options.settings === undefined ? {} : { settings: { ...options.settings } }),
      ...(options.vanished === undefined ? {} : { vanished: options.vanished }),
    });
  }
  return made;
}

/** The one sentence every batch has to keep, for the whole and for each resource. */
export function expectAccount(result: {
  readonly account: AccountView;
  readonly resources: Readonly<Record<string, AccountView>>;
}): void {
  const names = Object.keys(result.account) as (keyof AccountView)[];
  for (const [name, account] of [['all', result.account] as const, ...Object.entries(result.resources)]) {
    const { read, ...outcomes } = account;
    const sum = Object.values(outcomes).reduce((total, count) => total + count, 0);
    expect({ name, sum }).toEqual({ name, sum: read });
    for (const count of Object.values(account)) expect(count).toBeGreaterThanOrEqual(0);
  }
  for (const name of names) {
    const sum = Object.values(result.resources).reduce((total, account) => total + account[name], 0);
    expect({ name, sum }).toEqual({ name, sum: result.account[name] });
  }
}
