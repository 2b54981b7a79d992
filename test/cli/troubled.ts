/** A data folder with causes in it: some found here, some refused by the API. */
import { cpSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { beforeAll, expect } from 'vitest';
import type { ProblemGroupView, ProblemRecordView } from '../../core/contract/schemas.ts';
import type { FaultPlan } from '../../core/sandbox/faults/plan.ts';
import { emptyStation, type Practice, practice, type Station } from './practice.ts';
import { jsonLines, newFolder, type Ran } from './run.ts';

/** The API refuses some contacts, in words that a retry may change. */
export const REFUSALS: FaultPlan = {
  seed: 1,
  rules: [
    {
      when: { methods: ['POST'], resources: ['ed-fi/contacts'], every: 4 },
      fault: { kind: 'conflict', as: 'non-unique-values' },
    },
  ],
};

export interface Troubled {
  readonly at: Practice;
  /** A copy of the folder, for one test. */
  copy(): Station;
  /** The folder of all tests of a file, for those that only look. */
  readonly here: Station;
}

/** One practice API, and one data folder that has synced an export with dirt against it, for all tests of a file. */
export function troubled(): Troubled {
  const at = practice({ faults: REFUSALS });
  let whole = '';
  beforeAll(async () => {
    whole = path.join(at.dirty, '..', 'troubled');
    const made = await stationIn(at, whole);
    expect((await made.sync(at.dirty)).code).toBe(2);
  });
  return {
    at,
    copy() {
      const data = path.join(newFolder(), 'data');
      cpSync(whole, data, { recursive: true });
      return emptyStation(at.api, data);
    },
    get here() {
      return emptyStation(at.api, whole);
    },
  };
}

async function stationIn({ api }: Practice, data: string): Promise<Station> {
  const made = emptyStation(api, data);
  const args = ['--url', api.url, '--key', api.key, '--student-id', 'identifier', '--no-test'];
  expect((await made.run('connect', 'add', 'here', ...args)).code).toBe(0);
  return made;
}

export type Cause = ProblemGroupView & { readonly type: string; readonly connection: string };

/** The causes that a list prints for a program. */
export const causesIn = (ran: Ran): Cause[] =>
  jsonLines(ran).filter(({ type }) => type === 'problem') as unknown as Cause[];

/** @returns the first cause with this code */
export async function causeOf(here: Station, code: string): Promise<Cause> {
  const found = causesIn(await here.run('problems', '--all', '--json')).find((cause) => cause.code === code);
  expect(found, code).toBeDefined();
  return found as Cause;
}

/** The records of a cause, those that fail themselves first. */
export async function recordsOf(here: Station, group: string): Promise<ProblemRecordView[]> {
  const lines = jsonLines(await here.run('problems', '--group', group, '--json'));
  return lines.filter(({ type }) => type === 'record') as unknown as ProblemRecordView[];
}

/** Personal values of an export: what identifies a person, and how to reach one. */
export function personalValues(source: string): string[] {
  const [header = '', ...rows] = readFileSync(path.join(source, 'users.csv'), 'utf8').trimEnd().split(/\r?\n/);
  const names = header.split(',').map((name) => name.replaceAll('"', ''));
  const wanted = ['sourcedId', 'identifier', 'email', 'phone'].map((name) => names.indexOf(name));
  expect(wanted.filter((index) => index < 0)).toEqual([]);
  const values = rows.flatMap((row) => {
    // Lists in braces hold commas.
    const cells =
      row.match(/("([^"]|"")*"|[^,]*)(,|$)/g)?.map((cell) => cell.replace(/,$/, '').replaceAll('"', '')) ?? [];
    return wanted.map((index) => cells[index] ?? '');
  });
  return [...new Set(values.filter((value) => value.length > 5))];
}

/** @returns those of the values that a text holds */
export const leaked = (text: string, values: readonly string[]): string[] =>
  values.filter((value) => text.includes(value) || text.includes(value.replaceAll('-', '')));
