/**
 * Two districts that differ in nothing but their people's values: in length, in script, in case. Whatever leaves the
 * building is the same for both, byte for byte, so that it can tell nothing of any of them.
 */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { forPrograms } from '../../core/cli/problems.ts';
import type { ProblemGroupView, SyncResult } from '../../core/contract/schemas.ts';
import { createEngine } from '../../core/engine.ts';
import { systemTimers } from '../../core/sources/watch.ts';
import { copyExport, drop, type Export, get, readExport, set, table, writeExport } from '../sync/export.ts';
import { district, newFolder, practice } from '../sync/workbench.ts';
import { junkOnPurpose } from '../unclassified/junk.ts';
import { CANARIES, plant, type Seeds } from './canaries.ts';
import { type Manner, STYLE_NAMES, startHostile } from './hostile.ts';
import { SCRIPTS, type Script, word } from './tokens.ts';

/** Short and plain. */
const PLAIN: Seeds = { ...CANARIES, name: (number) => word(number) };

const inScript = (number: number, script: Script): string => {
  const letters = SCRIPTS[script];
  let text = '';
  for (let rest = number + 1; rest > 0; rest = Math.floor(rest / letters.length))
    text += letters[rest % letters.length];
  return text;
};
const NAMES: readonly Script[] = ['cyrillic', 'han', 'arabic', 'emoji'];
/** Of other lengths, in other scripts, in capitals, with marks and blanks inside. */
const MANIFOLD: Seeds = {
  word: (number) =>
    `${number % 2 === 0 ? 'Ö' : 'Señor '}${inScript(number, number % 3 === 0 ? 'cyrillic' : 'han')}${'é'.repeat(number % 7)}`,
  name: (number, nth) =>
    `${inScript(number, NAMES[nth % NAMES.length] as Script)}${"-O’NEILL d'Été ".repeat((nth % 4) + 1)}`
      .trim()
      .toUpperCase(),
  digits: (number) => `${(number % 9) + 1}${String(number * 7919).padStart(7 + (number % 4), '0')}`,
  day: (number, year) => CANARIES.day(number * 3 + 11, year + 7),
};

const SCHEMES: Readonly<Record<string, Seeds>> = { plain: PLAIN, manifold: MANIFOLD };

/** The next day: some are renamed, one has left, a class has another title. */
function nextDay(tables: Export, seeds: Seeds): Export {
  const next = copyExport(tables);
  const users = table(next, 'users');
  const enrollments = table(next, 'enrollments');
  for (const nth of [12, 13, 14]) set(users, users.rows[nth] as string[], 'familyName', seeds.name(15_000 + nth, nth));
  const gone = get(users, users.rows[15] as string[], 'sourcedId');
  drop(enrollments, (row) => get(enrollments, row, 'userSourcedId') === gone);
  const classes = table(next, 'classes');
  set(classes, classes.rows[5] as string[], 'title', seeds.word(15_900));
  return next;
}

/** Bytes that only look random. */
function seeded(): (count: number) => Uint8Array {
  let state = 20_261_121;
  return (count) =>
    Uint8Array.from({ length: count }, () => {
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0;
      return state >>> 24;
    });
}

/** What a host gets to see of a cause, without the value that is for the steward's eyes. */
const withoutValues = (problems: readonly ProblemGroupView[]): unknown[] =>
  problems.map((group) => ({ ...forPrograms(group), value: null, suggestions: [] }));
const resultOf = ({ problems, ...result }: SyncResult): unknown => ({ ...result, problems: withoutValues(problems) });

const filesIn = (folder: string): Record<string, string> =>
  Object.fromEntries(
    readdirSync(folder)
      .sort()
      .map((name) => [name, readFileSync(path.join(folder, name), 'utf8')]),
  );

interface Traces {
  readonly said: readonly unknown[];
  readonly logs: Record<string, string>;
  readonly preview: Record<string, string>;
  readonly bundle: string;
  /** Users of the first day's export, a row each. */
  readonly users: readonly string[];
}

/** Everything that one district leaves of the same three days. */
async function days(seeds: Seeds): Promise<Traces> {
  const root = newFolder();
  const tables = readExport(await district({ clean: false, students: 16 }));
  plant(tables, { seeds });
  const first = writeExport(tables, path.join(root, 'first'));
  const second = writeExport(nextDay(tables, seeds), path.join(root, 'second'));

  let at = Date.UTC(2026, 8, 1, 6);
  const now = (): number => at;
  let state = 0.5;
  const random = (): number => {
    state = (state * 9_301 + 0.49297) % 1;
    return state;
  };
  const api = await practice({ now, random });
  const hostile = await startHostile(api);
  let writes = 0;
  hostile.manner = ({ method, resource }): Manner | undefined => {
    if (method !== 'POST' || resource !== 'ed-fi/studentSectionAssociations') return undefined;
    writes += 1;
    const style = STYLE_NAMES[writes % STYLE_NAMES.length] as (typeof STYLE_NAMES)[number];
    return writes % 3 === 0 ? { kind: 'refuse', status: writes % 2 === 0 ? 400 : 409, style } : undefined;
  };

  const folder = path.join(root, 'data');
  const engine = await createEngine({
    folder,
    keychain: undefined,
    secret: api.secret,
    now,
    timers: { ...systemTimers, elapsed: now },
    random: seeded(),
    emit: () => undefined,
  });
  const said: unknown[] = [];
  const call = async <T>(command: string, input: Record<string, unknown>): Promise<T> => {
    at += 60_000;
    const answer = await engine.handle(command, input);
    if ('error' in answer) throw new Error(`${command}: ${answer.error.code}: ${answer.error.sentence}`);
    return answer.ok as T;
  };
  const sync = async (source: string, more: Record<string, unknown> = {}): Promise<void> => {
    const input = { connection: 'here', source, approve: true, concurrency: 1, ...more };
    said.push(resultOf(await call<SyncResult>('sync.run', input)));
  };
  await call('connections.add', {
    name: 'here',
    url: hostile.url,
    key: api.key,
    studentId: 'identifier',
    test: false,
  });
  await sync(first, { planOnly: true });
  await sync(first);
  at += 86_400_000;
  await sync(second);
  await sync(second, { retry: true });
  said.push(await call('audit.run', { connection: 'here' }));
  const { groups } = await call<{ groups: ProblemGroupView[] }>('problems.list', { connection: 'here', show: 'all' });
  said.push(withoutValues(groups));
  const { files } = await call<{ files: { name: string; text: string }[] }>('support.preview', {});
  const bundle = path.join(root, 'bundle.zip');
  await call('support.save', { out: bundle });
  await engine.close();
  return {
    said,
    logs: filesIn(path.join(folder, 'logs')),
    preview: Object.fromEntries(files.map(({ name, text }) => [name, text])),
    bundle: readFileSync(bundle, 'base64'),
    users: readFileSync(path.join(first, 'users.csv'), 'utf8').trimEnd().split('\n'),
  };
}

test('accounts, plans, causes, the log and the bundle are the same, byte for byte', async () => {
  junkOnPurpose();
  const [plain, manifold] = [await days(SCHEMES.plain as Seeds), await days(SCHEMES.manifold as Seeds)];
  // They have the same rows, and no person is the same.
  expect(manifold.users).toHaveLength(plain.users.length);
  expect(manifold.users.slice(1).filter((row) => plain.users.includes(row))).toEqual([]);
  // The days were full enough to tell something.
  const account = (plain.said[1] as SyncResult).account;
  for (const outcome of ['created', 'rejected', 'held', 'failed'] as const) expect(account[outcome]).toBeGreaterThan(0);
  expect((plain.said[2] as SyncResult).account.updated).toBeGreaterThan(0);
  expect((plain.said[2] as SyncResult).account.deleted).toBeGreaterThan(0);
  expect(Object.values(plain.logs).join('').split('\n').length).toBeGreaterThan(20);
  expect(Object.keys(plain.preview).length).toBeGreaterThan(2);

  expect(manifold.said).toEqual(plain.said);
  expect(manifold.logs).toEqual(plain.logs);
  expect(manifold.preview).toEqual(plain.preview);
  expect(manifold.bundle).toBe(plain.bundle);
});
