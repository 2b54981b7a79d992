/**
 * Opens a data folder's ledger, and puts its last good copy in its place where it is damaged or gone. What is damaged is
 * set aside under another name, with all that belongs to it, and never deleted.
 *
 * What is to be done is written down before anything moves (`backups/restoring.json`), and every step tells by the files
 * whether it was done: a process that is killed between any two leaves the old ledger or the new one, and the next start
 * goes on from there.
 */
import {
  chmodSync,
  constants,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statfsSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { copyFile as copyBytes } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import Database from 'better-sqlite3';
import { z } from 'zod';
import { Failure, isFailure, OTHER_FOLDER } from '../errors/failure.ts';
import {
  backupFolder,
  type Condition,
  conditionOf,
  copiesIn,
  copyFile,
  flush,
  flushFolder,
  megabytes,
} from './backup.ts';
import { asLedgerFailure, isBegun, isDamage, type Ledger, ledgerExists, openLedger } from './ledger.ts';
import type { Random } from './references.ts';
import type { Seal } from './seal.ts';

const orderSchema = z.object({
  /** The copy that takes the ledger's place. */
  copy: z.string(),
  /** When it was made, and when it took its place. */
  copyAt: z.number(),
  at: z.number(),
  why: z.enum(['damaged', 'missing', 'asked']),
  /** The name under which the ledger of before is kept; null where there was none. */
  aside: z.string().nullable(),
});
type Order = z.infer<typeof orderSchema>;

/** A copy that took the ledger's place: times in milliseconds since 1970. */
export type Restored = Omit<Order, 'copy'>;

export interface OpenInput {
  /** The data folder. */
  readonly folder: string;
  readonly seal: Seal;
  readonly random: Random | undefined;
  readonly now: () => number;
  /** Names in the ledger's cache that tell of files beside it, which are newer than a copy. */
  readonly beside: readonly string[];
  /** The name of a copy that is to take the ledger's place first, whatever that is like. */
  readonly copy?: string | undefined;
}

/**
 * @returns the ledger, and what was put in its place where that was needed; `restored` then tells of just now
 * @throws Failure as `openLedger` does; `ledger-damaged` where there is no copy that could be used; `disk-full`
 */
export async function openOrRestore(
  input: OpenInput,
): Promise<{ readonly ledger: Ledger; readonly restored: Restored | undefined }> {
  const { folder } = input;
  const sound = async (): Promise<Ledger | undefined> => {
    if (input.copy !== undefined || existsSync(orderFile(folder)) || (await isGone(folder)) !== undefined)
      return undefined;
    try {
      return openLedger(folder, input.seal, input.random, input.now);
    } catch (thrown) {
      if (isDamage(thrown)) return undefined;
      throw thrown;
    }
  };
  const opened = await sound();
  if (opened !== undefined) return { ledger: opened, restored: undefined };
  if (input.copy === undefined && !existsSync(orderFile(folder)) && copiesIn(folder).length === 0)
    throw noCopy(await isGone(folder), new Set());
  try {
    const unlock = lock(folder);
    try {
      // Another process may have restored it meanwhile, and be done.
      const again = await sound();
      return again === undefined ? await restore(input) : { ledger: again, restored: undefined };
    } finally {
      unlock();
    }
  } catch (thrown) {
    throw asLedgerFailure(thrown);
  }
}

/** @throws Failure `ledger-in-use` while another process restores this folder's ledger */
function lock(folder: string): () => void {
  mkdirSync(backupFolder(folder), { recursive: true, mode: 0o700 });
  // The system gives it up with the process, however that ends.
  const db = new Database(path.join(backupFolder(folder), 'lock'), { timeout: 3_000 });
  try {
    db.exec('BEGIN EXCLUSIVE');
  } catch (thrown) {
    db.close();
    throw thrown;
  }
  return () => db.close();
}

const mainFile = (folder: string): string => path.join(folder, 'ledger.db');
const orderFile = (folder: string): string => path.join(backupFolder(folder), 'restoring.json');

/** @returns why there is nothing to open; SQLite would make a new ledger there, and take all that the API has for nobody's */
async function isGone(folder: string): Promise<'empty' | 'missing' | undefined> {
  const size = (): number | undefined => statSync(mainFile(folder), { throwIfNoEntry: false })?.size;
  if (!ledgerExists(folder)) return copiesIn(folder).length > 0 ? 'missing' : undefined;
  if (size() !== 0 || isBegun(folder)) return undefined;
  // Another process may be making it at this moment.
  await wait(200);
  return size() === 0 ? 'empty' : undefined;
}

/** With the folder locked, and its ledger known to be unusable or an order given. */
async function restore(input: OpenInput): Promise<{ readonly ledger: Ledger; readonly restored: Restored }> {
  const { folder, seal } = input;
  refuseWhileOpen(folder);
  const asked = input.copy === undefined ? undefined : giveOrder(folder, input.copy, 'asked', input.now());
  const order = asked ?? readOrder(folder) ?? (await decide(input));
  await carryOut(folder, seal, order);
  let ledger: Ledger | undefined;
  try {
    ledger = openLedger(folder, seal, input.random, input.now);
    const { copy: _copy, ...restored } = order;
    keepRestored(ledger, restored, input.beside);
    rmSync(orderFile(folder), { force: true });
    return { ledger, restored };
  } catch (thrown) {
    ledger?.close();
    // Damaged again at once: the next start looks for itself.
    if (isDamage(thrown)) rmSync(orderFile(folder), { force: true });
    throw thrown;
  }
}

/**
 * A process that has the ledger open would go on writing into the one that was set aside.
 * @throws Failure `ledger-in-use`
 */
function refuseWhileOpen(folder: string): void {
  if (!ledgerExists(folder)) return;
  const db = new Database(mainFile(folder), { timeout: 3_000 });
  try {
    db.pragma('locking_mode = EXCLUSIVE');
    db.exec('BEGIN IMMEDIATE; ROLLBACK');
  } catch (thrown) {
    // Whatever else is wrong with it is why it is here.
    const known = asLedgerFailure(thrown);
    if (isFailure(known) && known.code === 'ledger-in-use') throw known;
  } finally {
    db.close();
  }
}

/** Chooses the newest copy that is good. @throws Failure where there is none */
async function decide({ folder, seal, now }: OpenInput): Promise<Order> {
  const gone = await isGone(folder);
  const found = new Set<Condition>();
  for (const copy of copiesIn(folder)) {
    const condition = conditionOf(copyFile(folder, copy.name), seal);
    if (condition === 'good') return giveOrder(folder, copy.name, gone === 'missing' ? 'missing' : 'damaged', now());
    found.add(condition);
  }
  throw noCopy(gone, found);
}

/**
 * Writes down that a copy is to take the ledger's place: done when the ledger is opened next.
 * @param name of a copy in this folder
 * @returns the order
 */
export function giveOrder(folder: string, name: string, why: Order['why'], now: number): Order {
  const copy = copiesIn(folder).find((one) => one.name === name);
  if (copy === undefined) throw new Failure('usage', 'There is no such copy of the ledger any more. Choose another.');
  const aside = ledgerExists(folder) ? freeName(folder, why === 'asked' ? 'replaced' : 'damaged', now) : null;
  const order: Order = { copy: name, copyAt: copy.at, at: now, why, aside };
  const part = `${orderFile(folder)}.part`;
  writeFileSync(part, JSON.stringify(order), { mode: 0o600 });
  flush(part);
  renameSync(part, orderFile(folder));
  flushFolder(backupFolder(folder));
  return order;
}

/** @returns `ledger-damaged-20261121T090700Z.db`, or one with a number behind the time */
function freeName(folder: string, what: 'damaged' | 'replaced', now: number): string {
  const stem = `ledger-${what}-${new Date(now).toISOString().replaceAll(/[-:]|\.\d+/g, '')}`;
  for (let n = 1; ; n++) {
    const name = n === 1 ? `${stem}.db` : `${stem}-${n}.db`;
    if (!existsSync(path.join(folder, name))) return name;
  }
}

/** @returns what was left to be done; undefined where nothing was, or where it was not written down whole */
function readOrder(folder: string): Order | undefined {
  if (!existsSync(orderFile(folder))) return undefined;
  try {
    return orderSchema.parse(JSON.parse(readFileSync(orderFile(folder), 'utf8')));
  } catch {
    rmSync(orderFile(folder), { force: true });
    return undefined;
  }
}

/** What SQLite has beside a ledger. */
const BESIDE = ['-wal', '-journal', '-shm'] as const;

/** Every step is done only where the files tell that it was not. */
async function carryOut(folder: string, seal: Seal, { copy, aside, why }: Order): Promise<void> {
  const main = mainFile(folder);
  const fresh = `${main}.new`;
  const isAside = (): boolean => aside === null || existsSync(path.join(folder, aside));
  if (isAside() && existsSync(main)) return;

  await bringCopy(folder, copy, fresh);
  if (conditionOf(fresh, seal) !== 'good') {
    rmSync(fresh, { force: true });
    rmSync(orderFile(folder), { force: true });
    throw new Failure(
      'ledger-damaged',
      why === 'asked'
        ? 'The copy of the ledger that was to be restored cannot be used any more. The ledger was left as it is; choose another copy.'
        : 'A copy of the ledger could not be read back from the disk. Check that the disk with the data folder is sound, and start again; no copy was lost.',
    );
  }
  // What was written last goes with the ledger that it belongs to.
  const kept = path.join(folder, aside ?? freeName(folder, 'damaged', Date.now()));
  for (const end of BESIDE) if (existsSync(main + end)) renameSync(main + end, kept + end);
  if (!isAside()) renameSync(main, kept);
  flushFolder(folder);
  renameSync(fresh, main);
  flushFolder(folder);
}

async function bringCopy(folder: string, name: string, fresh: string): Promise<void> {
  const from = copyFile(folder, name);
  rmSync(fresh, { force: true });
  const bytes = statSync(from, { throwIfNoEntry: false })?.size ?? 0;
  const { bavail, bsize } = statfsSync(folder);
  if (bavail * bsize < bytes) {
    throw new Failure(
      'disk-full',
      `The ledger has to be restored from its last copy, for which the disk with the data folder has too little room. Make room for ${megabytes(bytes)} MB and start again; nothing was lost.`,
    );
  }
  // Where the file system can, the copy's blocks are shared, and nothing is copied.
  if (bytes > 0) await copyBytes(from, fresh, constants.COPYFILE_FICLONE);
  if (!existsSync(fresh)) return;
  chmodSync(fresh, 0o600);
  flush(fresh);
}

function noCopy(gone: 'empty' | 'missing' | undefined, found: ReadonlySet<Condition>): Failure {
  if (found.has('other-key')) {
    return new Failure(
      'ledger-damaged',
      'The ledger (ledger.db in the data folder) cannot be used, and its copies are sealed with another key. Put the key that belongs to them back (ledger.key or ledger.id, from a backup of the folder), or choose another data folder; nothing was changed.',
      OTHER_FOLDER,
    );
  }
  const what = { empty: 'is empty', missing: 'is not there' };
  return new Failure(
    'ledger-damaged',
    `The ledger (ledger.db in the data folder) ${gone === undefined ? 'is damaged' : what[gone]}, and there is no copy of it that could be used. Restore the data folder from a backup of this computer; or move the folder away, add the connections anew, and run adopt for each, which takes over what the API has. Nothing was changed.`,
  );
}

const RESTORED = 'restored';
const BEHIND = 'behind';
const restoredSchema = orderSchema.omit({ copy: true });

/** Until it is brought up to date, no connection of a restored ledger knows all that it sent. */
function keepRestored(ledger: Ledger, restored: Restored, beside: readonly string[]): void {
  const ids = ledger.connections().map(({ id }) => id);
  ledger.transaction(() => {
    for (const id of ids) for (const name of beside) ledger.uncache(id, name);
    ledger.setSetting(RESTORED, JSON.stringify(restored));
    ledger.setSetting(BEHIND, JSON.stringify(ids));
  });
}

/** @returns when this ledger was last restored, and from what; undefined where it never was */
export function restoredOf(ledger: Ledger): Restored | undefined {
  const kept = ledger.setting(RESTORED);
  return kept === undefined ? undefined : restoredSchema.parse(JSON.parse(kept));
}

/** @returns the connections that were not brought up to date since */
export function behindOf(ledger: Ledger): readonly number[] {
  const kept = ledger.setting(BEHIND);
  return kept === undefined ? [] : z.array(z.number()).parse(JSON.parse(kept));
}

/** The ledger knows all that this connection's API has. */
export function caughtUp(ledger: Ledger, connectionId: number): void {
  const behind = behindOf(ledger);
  if (!behind.includes(connectionId)) return;
  ledger.transaction(() => ledger.setSetting(BEHIND, JSON.stringify(behind.filter((id) => id !== connectionId))));
}

const inWords = (at: number): string =>
  new Date(at).toLocaleString('en-US', { dateStyle: 'medium', timeStyle: 'short' });

/** @returns what a steward is told of it */
export function describeRestored({ why, aside, copyAt }: Restored): string {
  const kept = aside === null ? '' : ` The one from before is kept as ${aside}.`;
  const copy = `its copy of ${inWords(copyAt)} is in its place`;
  const what = {
    damaged: `The ledger was damaged, and ${copy}.`,
    missing: `The ledger was not in the data folder, and ${copy}.`,
    asked: `As asked, the ledger was set aside, and ${copy}.`,
  }[why];
  return `${what}${kept} The next batch of each connection first reads back what its API has, so that nothing is sent twice. What you changed in Rollbook since then (connections, paired codes, settings) has to be done again.`;
}
