import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { dataFolder, ledgerIn } from './folder.ts';

const met = (code: string, records: number, type = 'GradeLevelDescriptor') => ({
  type,
  key: code.toLowerCase(),
  code,
  records,
});

test('codes of the last batch replace those before, of that connection alone', () => {
  const ledger = ledgerIn(dataFolder());
  const [one, other] = ['one', 'other'].map((name) => ledger.addConnection(name, '{}', 0).id) as [number, number];
  ledger.codes.replace(one, [met('IX', 3), met('KG', 2)]);
  ledger.codes.replace(other, [met('IX', 1)]);
  ledger.codes.replace(one, [met('IX', 4), met('IX', 7, 'TermDescriptor')]);
  const kept = ledger.codes.of(one);
  expect(kept.map(({ type, code, records }) => ({ type, code, records }))).toEqual([
    { type: 'GradeLevelDescriptor', code: 'IX', records: 4 },
    { type: 'TermDescriptor', code: 'IX', records: 7 },
  ]);
  expect(kept[0]?.digest).toBe(ledger.codes.digest('GradeLevelDescriptor', 'ix'));
  expect(kept[0]?.digest).not.toBe(kept[1]?.digest);
  ledger.removeConnection(one);
  expect(ledger.codes.of(one)).toEqual([]);
  expect(ledger.codes.of(other)).toHaveLength(1);
});

test('no code is to be read in the file', () => {
  const folder = dataFolder();
  const ledger = ledgerIn(folder);
  ledger.codes.replace(ledger.addConnection('one', '{}', 0).id, [met('Canary-Marigold', 1)]);
  ledger.compact();
  for (const name of ['ledger.db', 'ledger.db-wal']) {
    const bytes = readFileSync(path.join(folder, name), 'latin1').toLowerCase();
    expect(bytes).not.toContain('canary');
    expect(bytes).not.toContain('marigold');
  }
  expect(ledger.codes.of(1)[0]?.code).toBe('Canary-Marigold');
});
