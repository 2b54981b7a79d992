import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, onTestFinished } from 'vitest';
import { isFailure } from '../../core/errors/failure.ts';
import { type Ledger, openLedger } from '../../core/ledger/ledger.ts';
import { createSeal, type Seal } from '../../core/ledger/seal.ts';

export const seal: Seal = createSeal(Buffer.alloc(32, 3));

/** A data folder that is gone after the test. */
export function dataFolder(): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'rollbook-ledger-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** A ledger that is closed after the test. */
export function ledgerIn(folder: string, by: Seal = seal): Ledger {
  const ledger = openLedger(folder, by);
  onTestFinished(() => ledger.close());
  return ledger;
}

/** The code and sentence of the Failure that `work` ends in; fails the test where it ends in none. */
export function refusal(work: () => unknown): { code: string; sentence: string } {
  try {
    work();
  } catch (thrown) {
    if (!isFailure(thrown)) throw thrown;
    // One or a few plain sentences, never a stack.
    expect(thrown.message).toMatch(/^[A-Z][^\n]+\.$/);
    return { code: thrown.code, sentence: thrown.message };
  }
  throw new Error('It was not refused.');
}
