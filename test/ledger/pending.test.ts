import { randomBytes } from 'node:crypto';
import { expect, test } from 'vitest';
import type { Ledger } from '../../core/ledger/ledger.ts';
import { frozenKey, Kind, type NewPending, PendingState } from '../../core/ledger/pending.ts';
import { dataFolder, ledgerIn, seal } from './folder.ts';

interface Bench {
  readonly ledger: Ledger;
  readonly connection: number;
  readonly resource: number;
  readonly batch: number;
  pending(over?: Partial<NewPending>): number;
  problem(over?: object, at?: number): number;
}
function bench(): Bench {
  const ledger = ledgerIn(dataFolder());
  const connection = ledger.addConnection('a', '{}', 1).id;
  const resource = ledger.resourceId(connection, 'ed-fi/students');
  const batch = ledger.startBatch(connection, 1);
  return {
    ledger,
    connection,
    resource,
    batch,
    pending: (over = {}) =>
      ledger.pending.insert(batch, {
        resourceId: resource,
        kind: Kind.create,
        state: PendingState.planned,
        keyHash: randomBytes(16),
        oldKeyHash: undefined,
        fullHash: randomBytes(12),
        sourceHash: randomBytes(8),
        body: '{"firstName":"Robin"}',
        frozen: undefined,
        mapping: 'm1',
        file: 'users.csv',
        row: 2,
        problemId: undefined,
        rootId: undefined,
        ...over,
      }),
    problem: (over = {}, at = 1) =>
      ledger.problems.add(
        {
          batchId: batch,
          resourceId: resource,
          code: 'required-missing',
          path: '$.birthDate',
          subject: undefined,
          value: undefined,
          status: undefined,
          file: 'users.csv',
          row: 2,
          sourceHash: undefined,
          detail: { value: 'x' },
          ...over,
        },
        at,
      ),
  };
}

test('a planned record is read back as it is to be sent', () => {
  const { ledger, resource, pending } = bench();
  const keyHash = randomBytes(16);
  const id = pending({ keyHash, body: '{"é":"𝒳"}' });
  expect(ledger.pending.read(id)).toMatchObject({ id, keyHash, oldKeyHash: null, body: '{"é":"𝒳"}' });
  const gone = pending({ kind: Kind.delete, body: undefined, fullHash: undefined });
  expect(ledger.pending.read(gone)).toMatchObject({ body: undefined, fullHash: null });
  expect(ledger.pending.fullHash(gone)).toBeUndefined();
  const old = randomBytes(16);
  ledger.pending.becomeRekey(id, old);
  expect(ledger.pending.read(id).oldKeyHash).toEqual(old);
  expect(ledger.pending.left(resource).map(({ kind }) => kind)).toEqual([Kind.rekey, Kind.delete]);
  ledger.pending.remove(id);
  expect(ledger.pending.left(resource).map((left) => left.id)).toEqual([gone]);
});

test('the next batch takes over what it keeps, and forgets the rest of the same resource', () => {
  const { ledger, connection, resource, pending, problem } = bench();
  const failed = pending();
  const problemId = problem({ code: 'unclassified' });
  ledger.pending.settle(failed, PendingState.failed, problemId, undefined);
  pending();
  const other = ledger.resourceId(connection, 'ed-fi/staffs');
  const elsewhere = pending({ resourceId: other });
  const next = ledger.startBatch(connection, 2);
  ledger.pending.keep(failed, next, 'users.csv', 77);
  ledger.pending.dropOthers(resource, next);
  expect(ledger.pending.left(resource)).toMatchObject([
    { id: failed, state: PendingState.failed, problemId, code: 'unclassified' },
  ]);
  expect(ledger.pending.left(other).map(({ id }) => id)).toEqual([elsewhere]);
  expect(ledger.problems.groups(connection)).toMatchObject([{ file: 'users.csv', row: 77, records: 1 }]);
});

test('groups count what fails by itself and what waits for it, the one that blocks most first', () => {
  const { ledger, connection, pending, problem } = bench();
  const small = problem({ code: 'bad-date', path: '$.entryDate' });
  const large = problem();
  const reject = (problemId: number): number => pending({ state: PendingState.rejected, problemId });
  reject(small);
  reject(large);
  for (let n = 0; n < 3; n++) pending({ state: PendingState.held, rootId: large });
  expect(ledger.problems.groups(connection)).toMatchObject([
    { code: 'required-missing', path: '$.birthDate', records: 1, held: 3 },
    { code: 'bad-date', path: '$.entryDate', records: 1, held: 0 },
  ]);
});

test('an unmapped code is one group over all resources, and two codes are two', () => {
  const { ledger, connection, pending, problem } = bench();
  const unmapped = (value: string, resource = 'ed-fi/studentSchoolAssociations'): void => {
    const resourceId = ledger.resourceId(connection, resource);
    const problemId = problem({
      code: 'descriptor-unmapped',
      subject: 'GradeLevelDescriptor',
      value,
      resourceId,
      detail: { value },
    });
    pending({ state: PendingState.rejected, problemId, resourceId });
  };
  for (let n = 0; n < 4; n++) unmapped('Sprout');
  unmapped('Sprout', 'ed-fi/sections');
  unmapped('Sapling');
  expect(ledger.problems.groups(connection).map(({ value, records }) => ({ value, records }))).toEqual([
    { value: 'Sprout', records: 5 },
    { value: 'Sapling', records: 1 },
  ]);
});

test('causes are told apart by code, place, subject and value', () => {
  const { ledger, problem } = bench();
  const cause = { code: 'descriptor-unmapped', path: '$.a', subject: 'T', value: 'Sprout' };
  const id = problem(cause);
  expect(ledger.problems.isSame(id, cause)).toBe(true);
  for (const other of [
    { code: 'bad-date' },
    { path: '$.b' },
    { path: undefined },
    { subject: 'U' },
    { value: 'Sapling' },
    { value: undefined },
  ]) {
    expect(ledger.problems.isSame(id, { ...cause, ...other })).toBe(false);
  }
  expect(ledger.problems.isSame(id + 1, cause)).toBe(false);
});

test('what was solved is in no group, and the problem itself stays', () => {
  const { ledger, connection, pending, problem } = bench();
  const problemId = problem();
  const id = pending({ state: PendingState.rejected, problemId });
  expect(ledger.problems.groups(connection)).toHaveLength(1);
  ledger.pending.remove(id);
  expect(ledger.problems.groups(connection)).toEqual([]);
  expect(
    ledger.problems.isSame(problemId, {
      code: 'required-missing',
      path: '$.birthDate',
      subject: undefined,
      value: undefined,
    }),
  ).toBe(true);
});

test('made-up values are kept from the first send, and a later one does not move them', () => {
  const { ledger, resource, batch, connection, pending } = bench();
  const sourceHash = Buffer.from('source-1');
  pending({ sourceHash, frozen: [{ path: 'entryDate', value: '2026-08-17' }] });
  pending({ frozen: [{ path: 'entryDate', value: '2026-01-01' }], state: PendingState.held });
  ledger.pending.freeze(batch);
  const next = ledger.startBatch(connection, 2);
  ledger.pending.insert(next, {
    resourceId: resource,
    kind: Kind.update,
    state: PendingState.planned,
    keyHash: randomBytes(16),
    oldKeyHash: undefined,
    fullHash: randomBytes(12),
    sourceHash,
    body: '{}',
    frozen: [
      { path: 'entryDate', value: '2026-09-01' },
      { path: 'beginDate', value: '2026-09-02' },
    ],
    mapping: 'm1',
    file: undefined,
    row: undefined,
    problemId: undefined,
    rootId: undefined,
  });
  ledger.pending.freeze(next);
  const source = sourceHash.toString('latin1');
  expect(ledger.pending.frozen(resource)).toEqual(
    new Map([
      [frozenKey(source, 'entryDate'), '2026-08-17'],
      [frozenKey(source, 'beginDate'), '2026-09-02'],
    ]),
  );
});

test('removing a connection removes every row of it, and of no other', () => {
  const { ledger, connection, resource, pending, problem } = bench();
  pending({ state: PendingState.rejected, problemId: problem(), frozen: [{ path: 'x', value: 'y' }] });
  ledger.records.confirm(
    resource,
    { keyHash: randomBytes(16), fullHash: randomBytes(12), sourceHash: randomBytes(8), apiId: undefined, state: 1 },
    1,
  );
  ledger.mapDescriptor(connection, 'T', 'c', 'uri://x#y');
  ledger.cache(connection, 'n', '1', 't', 1);
  const other = ledger.addConnection('b', '{}', 1).id;
  const theirs = ledger.resourceId(other, 'ed-fi/students');
  ledger.records.confirm(
    theirs,
    { keyHash: randomBytes(16), fullHash: randomBytes(12), sourceHash: randomBytes(8), apiId: undefined, state: 1 },
    1,
  );
  ledger.mapDescriptor(other, 'T', 'c', 'uri://x#z');
  ledger.removeConnection(connection);
  expect(ledger.connections().map(({ name }) => name)).toEqual(['b']);
  expect(ledger.resources(connection)).toEqual([]);
  expect(ledger.records.count(resource)).toBe(0);
  expect(ledger.pending.left(resource)).toEqual([]);
  expect(ledger.problems.groups(connection)).toEqual([]);
  expect(ledger.descriptorMap(connection)).toEqual([]);
  expect(ledger.cached(connection, 'n')).toBeUndefined();
  expect(ledger.lastBatch(connection)).toBeUndefined();
  expect(ledger.confirmedCount(other)).toBe(1);
  expect(ledger.descriptorMap(other)).toEqual([{ type: 'T', code: 'c', uri: 'uri://x#z' }]);
});

test('connection names differ by more than case', () => {
  const { ledger } = bench();
  expect(() => ledger.addConnection('A', '{}', 1)).toThrow();
});

test('a sealed value opens only for its purpose, its key and its bytes', () => {
  const sealed = seal.seal('body', 'Robin Marsh');
  expect(sealed.includes('Robin')).toBe(false);
  expect(seal.seal('body', 'Robin Marsh').equals(sealed)).toBe(false);
  expect(seal.open('body', sealed)).toBe('Robin Marsh');
  expect(() => seal.open('detail', sealed)).toThrow(/cannot be opened/);
  for (const at of [0, 12, sealed.length - 1]) {
    const altered = Buffer.from(sealed);
    altered[at] = (altered[at] as number) ^ 1;
    expect(() => seal.open('body', altered)).toThrow(/cannot be opened/);
  }
  expect(() => seal.open('body', Buffer.alloc(5))).toThrow(/cannot be opened/);
});

test('what is in doubt stays so until it is confirmed, looked for, or known to have had no effect', () => {
  const { ledger, resource, batch, pending } = bench();
  const [one, other, third] = [pending(), pending(), pending()];
  expect([one, other, one].map((id) => ledger.pending.doubt(id))).toEqual([false, false, true]);
  const inDoubt = (): number[] => ledger.pending.left(resource).flatMap(({ id, inDoubt: is }) => (is ? [id] : []));
  expect(inDoubt()).toEqual([one, other]);
  ledger.pending.clearDoubt(other);
  expect(inDoubt()).toEqual([one]);
  ledger.pending.becomeSought(one, batch);
  expect(ledger.pending.left(resource).filter(({ isSought }) => isSought)).toMatchObject([
    { id: one, kind: Kind.delete, state: PendingState.planned, inDoubt: true },
  ]);
  expect(ledger.pending.read(one).body).toBe('{"firstName":"Robin"}');
  ledger.pending.becomeKnown(one);
  expect(ledger.pending.read(one).body).toBeUndefined();
  expect(inDoubt()).toEqual([]);
  // With what is confirmed, all that was kept of it goes.
  ledger.pending.doubt(third);
  ledger.pending.remove(third);
  expect(inDoubt()).toEqual([]);
});
