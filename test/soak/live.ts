/**
 * The soak: one process lives day after day through the real engine against a practice API at which everything goes wrong
 * now and then. After each day the API has to equal the source, record by record, and nothing may be left behind.
 */
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { createMemoryStore } from '../../core/connections/secrets.ts';
import type { CommandInput, CommandName, CommandOutput, SyncResult } from '../../core/contract/schemas.ts';
import { createEngine, type Engine } from '../../core/engine.ts';
import { startSandbox } from '../../core/sandbox/server.ts';
import { FOR_WANT_OF_ASSOCIATION } from '../../core/sync/authorization.ts';
import { TRANSIENT } from '../../core/sync/plan.ts';
import { createWorld } from '../sync/expectation.ts';
import { createDays } from './days.ts';
import { faultsOf } from './faults.ts';
import { filesIn, handles, leftOpen, type Memory, memory, rise } from './measure.ts';

export interface SoakOptions {
  /** Ends with the first period that is whole after so many milliseconds; at least `leastPeriods` are lived. */
  readonly forMs: number;
  readonly leastPeriods: number;
  readonly seed: number;
  /** The first day that is lived: to come to what happened on a later day. */
  readonly from?: number;
  readonly students: number;
  /** Days until the district is again what it was. */
  readonly period: number;
  /** Periods in which caches fill and code is compiled: memory and sizes count from then on. */
  readonly warmUp: number;
  /** Of the requests, for each kind of fault. */
  readonly share: number;
  /** The same for kinds that take effect and lose their answer; `share` unless told. */
  readonly lost?: number;
  /** How much memory may rise from the warm-up to the end, in bytes. */
  readonly bounds: Memory;
  readonly say: (line: string) => void;
}

export interface SoakReport {
  readonly days: number;
  readonly requests: number;
  readonly struck: Readonly<Record<string, number>>;
  readonly rounds: number;
  readonly rise: Memory;
  readonly last: Memory;
  /** Bytes of the data folder at the beginning of the first period that counts and of the last. */
  readonly folder: readonly [number, number];
  readonly ledger: readonly [number, number];
  readonly handles: ReadonlyMap<string, number>;
}

/** Something that must not be, in a sentence. */
export class Violation extends Error {}

const DAY_MS = 86_400_000;
/** A day that faults spoiled is run again, as a steward would. */
const MOST_ROUNDS = 6;
const DEEP_EVERY = 5;
const MB = 1024 * 1024;
/** Each batch is in the history, with its problems, until its time is over; pages are not always full. */
const HISTORY_BYTES = 200_000;
const HISTORY_BYTES_OF_A_BATCH = 4_000;

const total = (sizes: ReadonlyMap<string, number>): number => [...sizes.values()].reduce((sum, size) => sum + size, 0);
/** Folders in which files come and go by the day, and how many of a kind each keeps: the log's period, a week's backups. */
const ROTATING: Readonly<Record<string, number>> = { logs: 14, backups: 9 };
/** Numbers and times in the names of files that come and go: `events-000012.jsonl`. */
const withoutNumbers = (name: string): string => name.replace(/\d+/g, '#');
const kindsOf = (sizes: ReadonlyMap<string, number>): Map<string, number> => {
  const kinds = new Map<string, number>();
  for (const name of sizes.keys()) kinds.set(withoutNumbers(name), (kinds.get(withoutNumbers(name)) ?? 0) + 1);
  return kinds;
};
const ledgerOf = (sizes: ReadonlyMap<string, number>): number => sizes.get('ledger.db') ?? 0;

function accountOf(result: SyncResult, day: number): void {
  for (const [name, account] of [['all records', result.account] as const, ...Object.entries(result.resources)]) {
    const { read, ...outcomes } = account;
    const sum = Object.values(outcomes).reduce((one, other) => one + other, 0);
    if (sum !== read) throw new Violation(`On day ${day} the account of ${name} has ${sum} outcomes for ${read} read.`);
  }
}

/** How many records were refused because nothing ties their person to the client. */
const refusedForWantOfTie = ({ problems }: SyncResult): number =>
  problems
    .filter(({ code, status }) => status !== null && FOR_WANT_OF_ASSOCIATION.has(code))
    .reduce((sum, { records }) => sum + records, 0);

/** Why a day needs another batch. */
function spoiled(result: SyncResult | string): string {
  if (typeof result === 'string') return result;
  const failed = result.problems
    .filter(({ status }) => status !== null)
    .map(({ code, records }) => `${code} ${records}`);
  return `${result.stopped?.sentence ?? result.state}; failed: ${failed.join(', ') || 'none'}`;
}

/**
 * Lives until the time is over.
 * @throws Violation at the first thing that must not be
 */
export async function soak(options: SoakOptions): Promise<SoakReport> {
  const { seed, students, period, share, say } = options;
  const home = mkdtempSync(path.join(tmpdir(), 'rollbook-soak-'));
  const [exports, data, temporary] = ['exports', 'data', 'tmp'].map((name) => path.join(home, name)) as [
    string,
    string,
    string,
  ];
  for (const folder of [exports, temporary]) mkdirSync(folder);
  // What the engine writes for a moment is seen here, and nobody else's.
  const before = process.env.TMPDIR;
  process.env.TMPDIR = temporary;
  const complaints: string[] = [];
  const onWarning = (warning: Error): void => {
    if (warning.name !== 'ExperimentalWarning') complaints.push(`the warning ${warning.name}: ${warning.message}`);
  };
  const onRejection = (reason: unknown): void =>
    void complaints.push(`an unhandled rejection: ${reason instanceof Error ? reason.stack : String(reason)}`);
  process.on('warning', onWarning);
  process.on('unhandledRejection', onRejection);
  try {
    return await live({ ...options, say, seed, students, period, share }, { exports, data, temporary }, complaints);
  } finally {
    process.off('warning', onWarning);
    process.off('unhandledRejection', onRejection);
    if (before === undefined) delete process.env.TMPDIR;
    else process.env.TMPDIR = before;
    rmSync(home, { recursive: true, force: true });
  }
}

async function live(
  { forMs, leastPeriods, seed, from = 0, students, period, warmUp, share, lost = share, bounds, say }: SoakOptions,
  folders: { readonly exports: string; readonly data: string; readonly temporary: string },
  complaints: readonly string[],
): Promise<SoakReport> {
  let skippedMs = 0;
  // Everybody's clock jumps from the end of a day to the next: tokens end, and what is kept for a time goes.
  const now = (): number => Date.now() + skippedMs;
  const days = await createDays(folders.exports, { students, seed, period });
  const api = await startSandbox({ now });
  const keychain = createMemoryStore();
  const open = (): Promise<Engine> =>
    createEngine({ folder: folders.data, keychain, secret: api.secret, now, emit: () => undefined, host: 'loopback' });
  let engine = await open();
  const call = async <N extends CommandName>(command: N, input: CommandInput<N>): Promise<CommandOutput<N>> => {
    const answer = await engine.handle(command, input);
    if ('error' in answer) throw new Violation(`${command} failed (${answer.error.code}): ${answer.error.sentence}`);
    return answer.ok as never;
  };
  /** @returns what came of it; a sentence where it could not even begin */
  const sync = async (input: Omit<CommandInput<'sync.run'>, 'connection'>): Promise<SyncResult | string> => {
    const answer = await engine.handle('sync.run', { connection: 'here', approve: true, ...input });
    if (!('error' in answer)) return answer.ok as SyncResult;
    // Discovery, sign-in or specification may be struck more often than they are tried.
    if (/^api-|^specification|^credentials/.test(answer.error.code)) return answer.error.sentence;
    throw new Violation(`sync.run failed (${answer.error.code}): ${answer.error.sentence}`);
  };
  try {
    await call('connections.add', { name: 'here', url: api.url, key: api.key, studentId: 'identifier', test: false });
    await call('settings.change', { problemDays: period, logDays: period, logMegabytes: 1 });
    const world = createWorld('5.2', { studentId: 'identifier' });
    const measured: Memory[] = [];
    const struck: Record<string, number> = {};
    let steady: ReadonlyMap<string, number> | undefined;
    let steadyFiles: ReadonlyMap<string, number> | undefined;
    let sizes: ReadonlyMap<string, number> = new Map();
    let rounds = 0;
    /** Batches since the folder was first looked at. */
    let batches = 0;
    const until = performance.now() + forMs;
    let day = from;
    for (; performance.now() < until || day % period !== 1 || day < from + leastPeriods * period + 1; day++) {
      const began = performance.now();
      const { folder, edits } = days.export(day);
      const expected = await world.expect(folder);
      api.faults.set(faultsOf(day, seed, share, lost));
      const isDeep = day % DEEP_EVERY === DEEP_EVERY - 1;
      if (isDeep) await sync({ source: folder, planOnly: true });

      let result: SyncResult | string;
      let round = 1;
      for (; ; round++) {
        result = await sync({ source: folder, retry: round > 1 });
        if (typeof result !== 'string') {
          accountOf(result, day);
          const read = (resource: string) => api.read(resource);
          const { differences, stuck } = world.compare(expected, read, true);
          const isCalm = result.state === 'done' && !result.problems.some(({ code }) => TRANSIENT.has(code));
          const left = result.account.failed - stuck;
          const isPassed = left <= 0 || (left <= refusedForWantOfTie(result) && left <= world.untied(expected, read));
          if (isCalm && isPassed && differences.length === 0) break;
          if (isCalm && left <= 0)
            throw new Violation(`On day ${day} the API differs from the source (seed ${seed}): ${differences[0]}`);
        }
        say(`  day ${day}, batch ${round}: ${spoiled(result)}`);
        if (round < MOST_ROUNDS) continue;
        for (const line of await recordsLeft(engine)) say(`  ${line}`);
        throw new Violation(`Day ${day} does not come to an end in ${MOST_ROUNDS} batches (seed ${seed}).`);
      }
      rounds += round - 1;
      batches += round;
      if (isDeep) await lookAround(engine, folders.temporary, result);
      for (const [kind, count] of Object.entries(api.faults.counts())) struck[kind] = (struck[kind] ?? 0) + count;
      api.faults.clear();
      // A new start, as on most mornings.
      if (day % period === period - 1) {
        await engine.close();
        engine = await open();
      }
      skippedMs += DAY_MS;

      const left = readdirSync(folders.temporary);
      if (left.length > 0) throw new Violation(`On day ${day} ${left.length} temporary files are left: ${left[0]}.`);
      if (complaints.length > 0) throw new Violation(`On day ${day} there was ${complaints[0]}.`);
      const isWarm = day >= from + warmUp * period;
      if (steady === undefined) {
        if (isWarm) {
          await wait(500);
          steady = handles();
        }
      } else {
        const more = await leftOpen(steady);
        if (more.length > 0) throw new Violation(`On day ${day} more is open than before: ${more.join(', ')}.`);
      }
      const held = await memory();
      if (isWarm) measured.push(held);
      // The same export as a period before: what is kept of it is of the same size.
      if (isWarm && day % period === 0) {
        sizes = filesIn(folders.data);
        if (steadyFiles === undefined) batches = 0;
        steadyFiles ??= sizes;
        foldersAlike(steadyFiles, sizes, batches);
      }
      const { account } = result;
      say(
        `day ${day}: ${edits} edits, ${round} ${round === 1 ? 'batch' : 'batches'}; read ${account.read}, created ${account.created}, updated ${account.updated}, deleted ${account.deleted}, ` +
          `rejected ${account.rejected}, held ${account.held}; heap ${(held.heap / MB).toFixed(1)} MB, rss ${(held.rss / MB).toFixed(0)} MB; ` +
          `${((performance.now() - began) / 1000).toFixed(1)} s`,
      );
    }
    const risen = {
      heap: rise(measured.map(({ heap }) => heap)),
      external: rise(measured.map(({ external }) => external)),
      rss: rise(measured.map(({ rss }) => rss)),
    };
    for (const kind of ['heap', 'external', 'rss'] as const) {
      if (risen[kind] <= bounds[kind]) continue;
      throw new Violation(
        `Memory (${kind}) rose by ${(risen[kind] / MB).toFixed(1)} MB over ${measured.length} days, more than ${(bounds[kind] / MB).toFixed(1)} MB.`,
      );
    }
    const { POST, PUT, DELETE, GET, token } = api.requests();
    return {
      days: day - from,
      requests: POST + PUT + DELETE + GET + token,
      struck,
      rounds,
      rise: risen,
      last: measured.at(-1) as Memory,
      folder: [total(steadyFiles ?? sizes), total(sizes)],
      ledger: [ledgerOf(steadyFiles ?? sizes), ledgerOf(sizes)],
      handles: handles(),
    };
  } finally {
    await engine.close();
    await api.close();
  }
}

/** What is not at the API, a line a record, in the names of files and rows: the district is made up. */
async function recordsLeft(engine: Engine): Promise<string[]> {
  const lines: string[] = [];
  const list = await engine.handle('problems.list', { connection: 'here' });
  if ('error' in list) return [list.error.sentence];
  for (const { group, code, path: place } of (list.ok as CommandOutput<'problems.list'>).groups) {
    const records = await engine.handle('problems.records', { connection: 'here', group });
    if ('error' in records) continue;
    for (const one of (records.ok as CommandOutput<'problems.records'>).records) {
      lines.push(
        `${code} ${place ?? ''}: ${one.kind} of ${one.resource}, ${one.state}, ${one.file ?? ''} ${one.row ?? ''}`,
      );
    }
  }
  return lines;
}

/** What else a day at the screen asks for. A refusal by the weather is one; anything that nobody foresaw is not. */
async function lookAround(engine: Engine, temporary: string, { resources: accounts }: SyncResult): Promise<void> {
  const connection = 'here';
  const fixList = path.join(temporary, 'fix-list.csv');
  const asked: readonly (readonly [CommandName, unknown])[] = [
    ['overview.show', {}],
    ['connections.test', { name: connection }],
    ['audit.run', { connection, full: true }],
    ['problems.list', { connection, show: 'all' }],
    ['batches.list', { connection }],
    ['descriptors.codes', { connection }],
    ['records.lookUp', { connection, text: 'no such identifier' }],
    ['records.search', { connection, text: 'no such identifier' }],
    ['retry.run', { connection, what: { kind: 'failed' }, planOnly: true }],
    ['fixList.write', { connection, format: 'csv', out: fixList }],
    ['support.preview', {}],
  ];
  for (const [command, input] of asked) {
    const answer = await engine.handle(command, input);
    if ('error' in answer && answer.error.code === 'internal')
      throw new Violation(`${command} failed with what nobody foresaw.`);
    if (command !== 'audit.run' || 'error' in answer) continue;
    const { resources } = answer.ok as CommandOutput<'audit.run'>;
    for (const [resource, { missing, unknown }] of Object.entries(resources)) {
      // A record whose new version cannot be sent stays, and the API may carry a key change of its parent on to it: then the
      // ledger has it by the key that it had. Where another record has the new key, the two are one item from then on.
      const { rejected = 0, held = 0 } = accounts[resource] ?? {};
      if (missing > unknown + rejected + held)
        throw new Violation(`The audit misses ${missing - unknown} of ${resource} at the API.`);
    }
  }
  rmSync(fixList, { force: true });
}

/** @throws Violation where a folder has more files for the same export, or a larger ledger */
function foldersAlike(before: ReadonlyMap<string, number>, now: ReadonlyMap<string, number>, batches: number): void {
  const kinds = kindsOf(before);
  for (const [kind, count] of kindsOf(now)) {
    const rotates = Object.entries(ROTATING).find(([folder]) => kind.startsWith(folder));
    const most = Math.max(kinds.get(kind) ?? 0, rotates?.[1] ?? 0);
    if (count > most) throw new Violation(`The data folder has ${count} files like ${kind}, more than ${most}.`);
  }
  if (ledgerOf(now) <= ledgerOf(before) * 1.1 + HISTORY_BYTES + batches * HISTORY_BYTES_OF_A_BATCH) return;
  throw new Violation(`The ledger has grown from ${ledgerOf(before)} to ${ledgerOf(now)} bytes, for the same records.`);
}
