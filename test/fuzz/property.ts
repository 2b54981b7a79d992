/** What has to hold of everything that comes from outside: it ends, and it ends in a result or in a sentence. */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect } from 'vitest';
import { type Failure, isFailure } from '../../core/errors/failure.ts';

/** In whatever is made up as a value of a record or a server's word: no sentence may repeat it. */
export const CANARY = 'Zq7CanaryQz';

/** What nobody answers within is a hang. */
const MOST_MS = 30_000;

/**
 * @param runs in a usual run; ROLLBOOK_FUZZ_RUNS takes the place of all of them
 * @returns how fast-check is to look
 */
export const looking = (runs: number): { readonly numRuns: number } => ({
  numRuns: Number(process.env.ROLLBOOK_FUZZ_RUNS ?? runs),
});

/** Milliseconds for a whole test, with room for many runs. */
export const LONG = process.env.ROLLBOOK_FUZZ_RUNS === undefined ? 120_000 : 3_600_000;

/** Fails where `work` does not end. @returns its result, or what it threw */
export async function ends<T>(work: () => Promise<T> | T): Promise<{ readonly ok: T } | { readonly thrown: unknown }> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`It did not end within ${MOST_MS / 1000} seconds.`)), MOST_MS);
  });
  const working = (async () => work())().then(
    (ok) => ({ ok }),
    (thrown: unknown) => ({ thrown }),
  );
  try {
    return await Promise.race([working, late]);
  } finally {
    clearTimeout(timer);
  }
}

/**
 * A sentence as a person may be shown it: one line, an end, no stack, nothing of what came in.
 * @param mayName what came in was written by the steward, whose own names may be told back
 */
export function expectSentence(sentence: string, mayName = false): void {
  expect(sentence).toMatch(/[.?]$/);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not be in it
  expect(sentence).not.toMatch(/[\u0000-\u001f\u007f\u2028\u2029]/);
  expect(sentence.length).toBeLessThanOrEqual(800);
  expect(sentence).not.toMatch(/\bundefined\b|\bNaN\b|\[object |\bnull\b|[A-Z]\w*Error\b|at \w+ \(|\.ts\b|node:/);
  if (!mayName) expect(sentence).not.toContain(CANARY);
}

/** What was thrown is a Failure with a sentence, and none of those that say that nobody foresaw it. */
export function expectFailure(thrown: unknown, mayName = false): Failure {
  if (!isFailure(thrown)) throw thrown instanceof Error ? thrown : new Error(`thrown: ${String(thrown)}`);
  expect(thrown.code).not.toBe('internal');
  expectSentence(thrown.message, mayName);
  if (mayName) return thrown;
  for (const value of Object.values(thrown.details)) expect(String(value)).not.toContain(CANARY);
  return thrown;
}

/** Runs `work`; a refusal has to be a Failure. @returns what it gave, or undefined where it was refused */
export async function givesOrRefuses<T>(work: () => Promise<T> | T, mayName = false): Promise<T | undefined> {
  const ended = await ends(work);
  if ('ok' in ended) return ended.ok;
  expectFailure(ended.thrown, mayName);
  return undefined;
}

/** Where names out of a file could end up when they are taken for members. */
const PROTOTYPES = [Object.prototype, Array.prototype, Function.prototype, String.prototype, Map.prototype] as const;

/** Watches a whole test file for what no single run shows. */
export function watchProcess(): void {
  const rejected: unknown[] = [];
  const onRejection = (reason: unknown): void => void rejected.push(reason);
  const warned: string[] = [];
  const onWarning = (warning: Error): void => {
    if (warning.name !== 'ExperimentalWarning') warned.push(`${warning.name}: ${warning.message}`);
  };
  let before: string[] = [];
  const members = (): string[] => PROTOTYPES.map((one) => Reflect.ownKeys(one).map(String).join());
  beforeAll(() => {
    before = members();
    process.on('unhandledRejection', onRejection);
    process.on('warning', onWarning);
  });
  afterAll(async () => {
    await new Promise((resolve) => setTimeout(resolve, 50));
    process.off('unhandledRejection', onRejection);
    process.off('warning', onWarning);
    expect(members()).toEqual(before);
    expect(rejected).toEqual([]);
    expect(warned).toEqual([]);
  });
}

const CORPUS = fileURLToPath(new URL('./corpus/', import.meta.url));

/** The kept cases of one kind, by name; each was made here, and broke something once, or could. */
export const corpus = (kind: string): [string, Buffer][] =>
  readdirSync(path.join(CORPUS, kind))
    .sort()
    .map((name) => [name, readFileSync(path.join(CORPUS, kind, name))]);
