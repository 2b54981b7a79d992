import { createHash, randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  FULL_BYTES,
  fullHashAt,
  KEY_BYTES,
  keyHashAt,
  packApiId,
  RecordState,
  SOURCE_BYTES,
  sourceHashAt,
  stateAt,
  unpackApiId,
} from '../../core/ledger/records.ts';
import { dataFolder, ledgerIn, seal } from './folder.ts';

const PLAIN = '0f9c3a71d2e84b5f96a7c8d9e0f1a2b3';
const DASHED = '0f9c3a71-d2e8-4b5f-96a7-c8d9e0f1a2b3';

test('API ids come back as they were told, and take few bytes', () => {
  expect(packApiId(PLAIN, seal)).toHaveLength(16);
  expect(packApiId(DASHED, seal)).toHaveLength(17);
  for (const id of [PLAIN, DASHED, PLAIN.toUpperCase(), DASHED.toUpperCase(), '1', '123456', 'a_b-c', `${PLAIN}0`]) {
    expect(unpackApiId(packApiId(id, seal), seal)).toBe(id);
  }
  fc.assert(
    fc.property(fc.stringMatching(/^[A-Za-z0-9_-]{1,64}$/), (id) => {
      expect(unpackApiId(packApiId(id, seal), seal)).toBe(id);
    }),
  );
});

test('loading gives every record as it was confirmed, whatever bytes its hashes have', () => {
  const ledger = ledgerIn(dataFolder());
  const { id } = ledger.addConnection('a', '{}', 1);
  const [one, other] = [ledger.resourceId(id, 'ed-fi/students'), ledger.resourceId(id, 'ed-fi/staffs')];
  const wanted = new Map<string, string>();
  const keys = [
    Buffer.alloc(KEY_BYTES),
    Buffer.alloc(KEY_BYTES, 0xff),
    ...Array.from({ length: 256 }, (_, first) =>
      Buffer.concat([Buffer.from([first, 0, 0xff]), randomBytes(KEY_BYTES - 3)]),
    ),
    ...Array.from({ length: 700 }, () => randomBytes(KEY_BYTES)),
  ];
  ledger.transaction(() => {
    for (const [nth, keyHash] of keys.entries()) {
      const fullHash = nth % 3 === 0 ? Buffer.alloc(FULL_BYTES) : randomBytes(FULL_BYTES);
      const sourceHash = nth % 5 === 0 ? Buffer.from([0, 39, 0, 34, 0, 0x80, 0, 0xfe]) : randomBytes(SOURCE_BYTES);
      const state = nth % 2 === 0 ? RecordState.confirmed : RecordState.matched;
      ledger.records.confirm(
        one,
        { keyHash, fullHash, sourceHash, apiId: nth % 4 === 0 ? undefined : PLAIN, state },
        9,
      );
      wanted.set(keyHash.toString('hex'), `${fullHash.toString('hex')} ${sourceHash.toString('hex')} ${state}`);
    }
    ledger.records.confirm(
      other,
      { keyHash: keys[0]!, fullHash: randomBytes(FULL_BYTES), sourceHash: randomBytes(8), apiId: DASHED, state: 1 },
      9,
    );
  });
  const loaded = ledger.records.load(one);
  const { count } = loaded;
  expect(count).toBe(wanted.size);
  const found = new Map<string, string>();
  const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
  for (let i = 0; i < count; i++) {
    const rest = `${hex(fullHashAt(loaded, i))} ${hex(sourceHashAt(loaded, i))} ${stateAt(loaded, i)}`;
    found.set(hex(keyHashAt(loaded, i)), rest);
  }
  expect(found).toEqual(wanted);
  expect(ledger.records.load(other).count).toBe(1);
  expect(ledger.records.apiId(other, keys[0]!)).toBe(DASHED);
  expect(ledger.records.load(ledger.resourceId(id, 'ed-fi/schools'))).toMatchObject({ count: 0 });
});

test('confirming again replaces, and keeps the id where no new one was told', () => {
  const ledger = ledgerIn(dataFolder());
  const resource = ledger.resourceId(ledger.addConnection('a', '{}', 1).id, 'ed-fi/students');
  const keyHash = randomBytes(KEY_BYTES);
  const record = {
    keyHash,
    fullHash: randomBytes(FULL_BYTES),
    sourceHash: randomBytes(SOURCE_BYTES),
    state: RecordState.confirmed,
  };
  expect(ledger.records.state(resource, keyHash)).toBeUndefined();
  ledger.records.confirm(resource, { ...record, apiId: PLAIN }, 1);
  ledger.records.confirm(resource, { ...record, fullHash: Buffer.alloc(FULL_BYTES, 1), apiId: undefined }, 2);
  expect(ledger.records.apiId(resource, keyHash)).toBe(PLAIN);
  expect(Buffer.from(fullHashAt(ledger.records.load(resource), 0)).equals(Buffer.alloc(FULL_BYTES, 1))).toBe(true);
  expect(ledger.records.count(resource)).toBe(1);
  ledger.records.remove(resource, keyHash);
  expect(ledger.records.state(resource, keyHash)).toBeUndefined();
  expect(ledger.records.apiId(resource, keyHash)).toBeUndefined();
});

test('an item that two records share is told', () => {
  const ledger = ledgerIn(dataFolder());
  const { id } = ledger.addConnection('a', '{}', 1);
  const [one, other] = [ledger.resourceId(id, 'ed-fi/sections'), ledger.resourceId(id, 'ed-fi/courses')];
  const put = (resource: number, apiId: string | undefined): void =>
    ledger.records.confirm(
      resource,
      {
        keyHash: randomBytes(KEY_BYTES),
        fullHash: randomBytes(FULL_BYTES),
        sourceHash: randomBytes(8),
        apiId,
        state: 1,
      },
      1,
    );
  for (const apiId of [PLAIN, PLAIN, DASHED, undefined, undefined, 'abc', 'abc', 'abc']) put(one, apiId);
  put(other, DASHED);
  expect(ledger.records.sharedIds(one)).toEqual(
    new Map([
      [PLAIN, 2],
      ['abc', 3],
    ]),
  );
  expect(ledger.records.sharedIds(other)).toEqual(new Map());
});

test('a confirmed record takes less than 120 bytes on disk', () => {
  const ledger = ledgerIn(dataFolder());
  const resource = ledger.resourceId(ledger.addConnection('a', '{}', 1).id, 'ed-fi/studentSectionAssociations');
  const empty = ledger.size();
  const records = 20_000;
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  for (let start = 0; start < records; start += 500) {
    ledger.transaction(() => {
      for (let n = start; n < start + 500; n++) {
        const hash = digest(`k${n}`);
        ledger.records.confirm(
          resource,
          {
            keyHash: hash.subarray(0, KEY_BYTES),
            fullHash: digest(`f${n}`).subarray(0, FULL_BYTES),
            sourceHash: digest(`s${n}`).subarray(0, SOURCE_BYTES),
            apiId: digest(`i${n}`).toString('hex').slice(0, 32),
            state: RecordState.confirmed,
          },
          1_790_000_000_000 + n,
        );
      }
    });
  }
  const each = (ledger.size() - empty) / records;
  process.stdout.write(`      ${each.toFixed(1)} bytes on disk per confirmed record\n`);
  expect(each).toBeLessThan(120);
  expect(each).toBeGreaterThan(KEY_BYTES + FULL_BYTES + SOURCE_BYTES + 16);
});

test('the count of a connection follows every record that comes, changes hands and goes', () => {
  const ledger = ledgerIn(dataFolder());
  const here = ledger.addConnection('a', '{}', 1).id;
  const there = ledger.addConnection('b', '{}', 1).id;
  const [students, staffs] = [ledger.resourceId(here, 'ed-fi/students'), ledger.resourceId(here, 'ed-fi/staffs')];
  const keys = Array.from({ length: 4 }, () => randomBytes(KEY_BYTES));
  const [one, two, three, four] = keys as [Buffer, Buffer, Buffer, Buffer];
  const confirm = (resource: number, keyHash: Buffer, state: RecordState): void =>
    ledger.records.confirm(
      resource,
      { keyHash, fullHash: randomBytes(FULL_BYTES), sourceHash: randomBytes(SOURCE_BYTES), apiId: undefined, state },
      1,
    );
  const count = (): number => ledger.confirmedCount(here);
  expect(count()).toBe(0);
  confirm(students, one, RecordState.confirmed);
  confirm(staffs, two, RecordState.adopted);
  confirm(students, three, RecordState.matched);
  confirm(ledger.resourceId(there, 'ed-fi/students'), four, RecordState.confirmed);
  expect(count()).toBe(2);
  // Sent again; met in the source; taken over from somebody else.
  confirm(students, one, RecordState.confirmed);
  ledger.records.claim(staffs, two, randomBytes(SOURCE_BYTES));
  expect(count()).toBe(2);
  confirm(students, three, RecordState.adopted);
  expect(count()).toBe(3);
  confirm(students, three, RecordState.matched);
  expect(count()).toBe(2);
  ledger.records.remove(students, three);
  ledger.records.remove(students, one);
  ledger.records.remove(students, one);
  expect(count()).toBe(1);
  // What is taken back was never counted.
  expect(() =>
    ledger.transaction(() => {
      confirm(students, four, RecordState.confirmed);
      throw new Error('taken back');
    }),
  ).toThrow('taken back');
  expect(count()).toBe(1);
  ledger.removeConnection(here);
  expect(count()).toBe(0);
  expect(ledger.confirmedCount(there)).toBe(1);
});
