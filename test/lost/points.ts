/**
 * Points at which a process can die, from outside the product: calls of the file system and of SQLite are counted by
 * stage, and at a chosen one the process is killed, either before it or so many microseconds later, by another thread,
 * which reaches into the middle of what SQLite does. To be imported before anything else.
 */
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { Worker } from 'node:worker_threads';
import Database from 'better-sqlite3';

/** Where a child dies, or where something else happens to it. */
export interface ChildPoint {
  readonly stage: Stage;
  /** The how many-th step of the stage, from 1. */
  readonly step: number;
  /** 0: before the step is done; else so many microseconds after it began. */
  readonly delayUs: number;
  /** In place of its death: this happens to its files, and it goes on. */
  readonly instead?: Happening;
}

/** What happens to a file or folder `at`, all at once. */
export type Happening =
  | { readonly kind: 'replaced' | 'written-over'; readonly at: string; readonly by: string }
  | { readonly kind: 'cut'; readonly at: string; readonly to: number }
  | { readonly kind: 'removed'; readonly at: string };

function happen(what: Happening): void {
  switch (what.kind) {
    case 'replaced':
      fs.rmSync(`${what.at}.away`, { recursive: true, force: true });
      fs.renameSync(what.at, `${what.at}.away`);
      fs.renameSync(what.by, what.at);
      break;
    case 'written-over':
      fs.writeFileSync(what.at, fs.readFileSync(what.by));
      break;
    case 'cut':
      fs.truncateSync(what.at, what.to);
      break;
    case 'removed':
      fs.rmSync(what.at, { recursive: true });
  }
}

/**
 * open: the engine starts, makes or migrates the ledger; read: the source is opened; plan: the long transaction; copy: the
 * sealed copy of the source is written; keep: from there to the plan's commit; send: each answer is committed; end: the
 * batch's account, and giving back room; rotate: another key; close.
 */
export const STAGES = ['open', 'read', 'plan', 'copy', 'keep', 'send', 'end', 'rotate', 'close'] as const;
export type Stage = (typeof STAGES)[number];

const steps = new Map<Stage, number>();
/** Undefined while the program itself is loaded: that is no stage. */
let stage: Stage | undefined;
let point: ChildPoint | undefined;
let killer: Int32Array | undefined;

/** Says which stage begins; within a sync the calls themselves say it. */
export const enter = (next: Stage): void => {
  stage = next;
};

/** @returns how many steps each stage has had */
export const stepsTaken = (): Record<string, number> => Object.fromEntries(steps);

/** @param at undefined: count only */
export async function arm(at: ChildPoint | undefined): Promise<void> {
  point = at;
  if (at === undefined || at.delayUs === 0) return;
  killer = new Int32Array(new SharedArrayBuffer(4));
  // It waits for the cell to change, then for the time, and ends the process wherever the main thread is then.
  const code = `
    const { workerData, parentPort } = require('node:worker_threads');
    parentPort.postMessage('ready');
    Atomics.wait(workerData, 0, 0);
    const until = process.hrtime.bigint() + BigInt(workerData[0]) * 1000n;
    while (process.hrtime.bigint() < until);
    process.kill(process.pid, 'SIGKILL');`;
  const worker = new Worker(code, { eval: true, workerData: killer });
  await new Promise((resolve) => worker.once('message', resolve));
  worker.unref();
}

function hit(): void {
  if (stage === undefined) return;
  const count = (steps.get(stage) ?? 0) + 1;
  steps.set(stage, count);
  if (point === undefined || point.stage !== stage || point.step !== count) return;
  if (point.instead !== undefined) {
    const { instead } = point;
    // Its own steps count no more.
    point = undefined;
    happen(instead);
  } else if (killer === undefined) process.kill(process.pid, 'SIGKILL');
  else {
    Atomics.store(killer, 0, point.delayUs);
    Atomics.notify(killer, 0);
  }
}

type Method = (this: unknown, ...given: unknown[]) => unknown;

/** Exchanges a method for one that tells of each call before it is done. */
function watch(of: object, name: string, before: (self: unknown, given: unknown[]) => void): void {
  const method = (of as Record<string, Method>)[name] as Method;
  (of as Record<string, Method>)[name] = function (...given) {
    before(this, given);
    return method.apply(this, given);
  };
}

for (const name of [
  'openSync',
  'closeSync',
  'writeSync',
  'fsyncSync',
  'rmSync',
  'mkdirSync',
  'chmodSync',
  'renameSync',
]) {
  watch(fs, name, hit);
}
for (const name of ['open', 'rename', 'rm', 'mkdir']) {
  watch(fs.promises, name, (_self, [file]) => {
    if (name === 'open' && String(file).endsWith('.tmp')) stage = 'copy';
    hit();
    if (name === 'rename') stage = 'keep';
  });
}
syncBuiltinESMExports();
const probe = await fs.promises.open(new URL(import.meta.url), 'r');
for (const name of ['read', 'write', 'sync', 'close']) watch(Object.getPrototypeOf(probe) as object, name, hit);
await probe.close();

const told = (sql: string): void => {
  if (sql.startsWith('BEGIN IMMEDIATE') && stage === 'read') stage = 'plan';
  if (sql.startsWith('UPDATE batch SET state') && stage === 'send') stage = 'end';
};
const memory = new Database(':memory:');
watch(Object.getPrototypeOf(memory.prepare('SELECT 1')) as object, 'run', (self) => {
  told((self as Database.Statement).source);
  hit();
});
memory.close();
watch(Database.prototype, 'pragma', hit);
const exec = Database.prototype.exec;
Database.prototype.exec = function (sql) {
  told(sql);
  hit();
  const done = exec.call(this, sql);
  if (sql === 'COMMIT' && (stage === 'plan' || stage === 'keep')) stage = 'send';
  return done;
};
