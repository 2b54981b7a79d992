/** Rows that are remembered from the last batch are passed over, and nothing comes out otherwise because of it. */
import { copyFileSync, existsSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import { expect, test, vi } from 'vitest';
import { keyHashAt } from '../../core/ledger/records.ts';
import { createSeal } from '../../core/ledger/seal.ts';
import { writeDistrict } from '../../core/sandbox/district/generate.ts';
import { openSealed } from '../../core/sources/sealed-file.ts';
import { type Direct, direct, KEY } from './direct.ts';
import { apply, EDIT_KINDS, type Edit } from './edits.ts';
import { copyExport, drop, type Export, readExport, set, table, where, writeExport } from './export.ts';
import { district, newFolder, practice } from './workbench.ts';

const fileOf = ({ folder, connectionId }: Direct): string => path.join(folder, 'sources', `${connectionId}.known`);

/** A plan, with what is remembered and without, and what it does to the account and the codes. */
async function bothPlans(bench: Direct, source: string) {
  const file = fileOf(bench);
  const aside = path.join(newFolder(), 'known');
  copyFileSync(file, aside);
  const plan = async () => {
    const { account, resources, batch, problems } = {
      problems: undefined,
      ...(await bench.sync(source, { planOnly: true })),
    };
    return { account, resources, plan: batch.plan, problems };
  };
  const remembered = await plan();
  rmSync(file);
  const anew = await plan();
  copyFileSync(aside, file);
  return { remembered, anew };
}

/** How many rows of the file that was kept have an outcome, by section. */
async function sections(bench: Direct): Promise<string[]> {
  const reader = await openSealed(
    fileOf(bench),
    {
      magic: 'RBROWS03',
      what: '',
      damaged: () => {
        throw new Error('damaged');
      },
    },
    createSeal(KEY).fileKey('rows'),
  );
  const names = Object.keys((reader as { index: { sections: object } }).index.sections);
  await reader?.close();
  return names;
}

const edit: fc.Arbitrary<Edit> = fc.record({ kind: fc.constantFrom(...EDIT_KINDS), pick: fc.nat(999) });

test('a plan with what is remembered is the plan without it, on any day', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.record({
        seed: fc.integer({ min: 1, max: 500 }),
        version: fc.constantFrom('1.1' as const, '1.2' as const),
        clean: fc.boolean(),
        // Days of few changes, on which the ledger is looked at for those only, and others.
        days: fc.array(fc.array(edit, { minLength: 1, maxLength: 10 }), { minLength: 2, maxLength: 4 }),
      }),
      async ({ seed, version, clean, days }) => {
        const api = await practice();
        const bench = direct(api);
        const source = path.join(newFolder(), 'export');
        await writeDistrict({ out: source, students: 25, seed, clean, version });
        await bench.sync(source);
        const tables = readExport(source);
        for (const edits of days) {
          apply(tables, edits);
          writeExport(copyExport(tables), source);
          const { remembered, anew } = await bothPlans(bench, source);
          expect(remembered).toEqual(anew);
          await bench.sync(source);
        }
        await api.close();
      },
    ),
    { numRuns: Number(process.env.ROLLBOOK_RUNS ?? 5) },
  );
});

async function twoDays(change: (tables: Export) => void): Promise<{ bench: Direct; source: string }> {
  const bench = direct(await practice());
  const source = await district({ students: 40, clean: true });
  await bench.sync(source);
  const tables = readExport(source);
  change(tables);
  writeExport(tables, source);
  return { bench, source };
}

test('rows in another order, twice, and dropped, come out as they would', async () => {
  const { bench, source } = await twoDays((tables) => {
    const enrollments = table(tables, 'enrollments');
    enrollments.rows.reverse();
    const [first = [], second = []] = where(enrollments, { role: 'student' });
    // The same place under another name, and one row less.
    const again = [...first];
    set(enrollments, again, 'sourcedId', 'again');
    enrollments.rows.push(again);
    drop(enrollments, (row) => row === second);
  });
  const { remembered, anew } = await bothPlans(bench, source);
  expect(remembered).toEqual(anew);
  expect(remembered.account).toMatchObject({ created: 0, updated: 0 });
  expect(remembered.plan.find(({ resource }) => resource === 'ed-fi/studentSectionAssociations')).toMatchObject({
    deletes: 1,
  });
});

test('what a row joins is part of it: a session that is renamed takes its students along', async () => {
  const { bench, source } = await twoDays((tables) => apply(tables, [{ kind: 'session-renamed', pick: 0 }]));
  const { remembered, anew } = await bothPlans(bench, source);
  expect(remembered).toEqual(anew);
  const {
    creates = 0,
    updates = 0,
    keyChanges = 0,
  } = remembered.plan.find(({ resource }) => resource === 'ed-fi/studentSectionAssociations') ?? {};
  expect(creates + updates + keyChanges).toBeGreaterThan(0);
});

test('a header that gives the same bytes another meaning has every row read', async () => {
  const { bench, source } = await twoDays(() => undefined);
  const file = path.join(source, 'enrollments.csv');
  const text = readFileSync(file, 'utf8');
  const header = text.slice(0, text.indexOf('\n'));
  const swapped = header.replace('beginDate', 'x').replace('endDate', 'beginDate').replace('x', 'endDate');
  expect(swapped).not.toBe(header);
  writeFileSync(file, text.replace(header, swapped));
  const { remembered, anew } = await bothPlans(bench, source);
  expect(remembered).toEqual(anew);
});

/** An export that was sent, and planned once more: from then on the ledger agrees with what is remembered of its rows. */
async function agreed(students = 60) {
  const bench = direct(await practice());
  const source = await district({ students, clean: true });
  const tables = readExport(source);
  const write = () => void writeExport(tables, source);
  write();
  await bench.sync(source);
  const touched = async (change: (enrollments: ReturnType<typeof table>) => void) => {
    change(table(tables, 'enrollments'));
    write();
    const { remembered, anew } = await bothPlans(bench, source);
    expect(remembered).toEqual(anew);
    const few = vi.spyOn(bench.ledger.records, 'loadSome');
    const all = vi.spyOn(bench.ledger.records, 'load');
    const { account } = await bench.sync(source);
    const resource = bench.ledger.resourceId(bench.connectionId, 'ed-fi/studentSectionAssociations');
    const loaded = {
      some: few.mock.results.map(({ value }) => (value as { count: number }).count).reduce((a, b) => a + b, 0),
      isWhole: all.mock.calls.some(([id]) => id === resource),
    };
    few.mockRestore();
    all.mockRestore();
    return { account, loaded };
  };
  const end = (row: number, day: string) => (enrollments: ReturnType<typeof table>) =>
    set(enrollments, where(enrollments, { role: 'student' })[row] as string[], 'endDate', day);
  // The day after the first one everything is looked at.
  expect((await touched(end(0, '2027-05-20'))).loaded).toEqual({ some: 0, isWhole: true });
  return { bench, source, tables, touched, end };
}

test('of the ledger only what may have changed is looked at', async () => {
  const { bench, touched, end } = await agreed();
  const { ledger, connectionId } = bench;
  const day = await touched(end(1, '2027-05-21'));
  expect(day.account).toMatchObject({ updated: 1 });
  // That of the day before, and that of today: a place in a class is a record for each of its terms.
  expect(day.loaded.isWhole).toBe(false);
  expect(day.loaded.some).toBeGreaterThan(1);
  expect(day.loaded.some).toBeLessThan(9);
  // What the ledger forgot, or was told to send again, is no longer what is remembered.
  const resource = ledger.resourceId(connectionId, 'ed-fi/studentSectionAssociations');
  const { rows, count } = ledger.records.load(resource);
  ledger.records.remove(resource, keyHashAt({ rows, count }, 5));
  ledger.problemRecords.resendOne(resource, keyHashAt({ rows, count }, 6));
  const next = await touched(() => undefined);
  expect(next.account).toMatchObject({ created: 1, updated: 1, deleted: 0 });
  expect(next.loaded.isWhole).toBe(false);
  // A row that is gone is deleted, and no other.
  const gone = await touched((enrollments) => {
    const [first] = where(enrollments, { role: 'student' });
    drop(enrollments, (row) => row === first);
  });
  expect(gone.account.deleted).toBeGreaterThan(0);
  expect(gone.account).toMatchObject({ created: 0, updated: 0 });
  expect(gone.loaded.isWhole).toBe(false);
});

test('a new row with the key of one that is as it was has everything looked at, once', async () => {
  const { tables, touched, end } = await agreed();
  const enrollments = table(tables, 'enrollments');
  const [other = []] = where(enrollments, { role: 'student' }).slice(7);
  const again = [...other];
  set(enrollments, again, 'sourcedId', 'another');
  set(enrollments, again, 'endDate', '2027-05-19');
  const first = await touched(({ rows }) => void rows.unshift(again));
  // The later of the two contradicts the one before it.
  expect(first.account.rejected).toBeGreaterThan(0);
  expect(first.loaded.isWhole).toBe(true);
  const second = await touched(end(3, '2027-05-18'));
  expect(second.account.rejected).toBe(first.account.rejected);
  expect(second.loaded.isWhole).toBe(false);
});

test('a plan that is only looked at leaves what is remembered and what the ledger agrees with', async () => {
  const { bench, source, tables, touched, end } = await agreed();
  end(2, '2027-05-17')(table(tables, 'enrollments'));
  writeExport(tables, source);
  const { ino } = statSync(fileOf(bench));
  await bench.sync(source, { planOnly: true });
  expect(statSync(fileOf(bench)).ino).toBe(ino);
  const { account, loaded } = await touched(() => undefined);
  expect(account).toMatchObject({ updated: 1 });
  expect(loaded.isWhole).toBe(false);
});

test('a file that cannot be cut from its beginning on is read all the same', async () => {
  const { bench, source } = await twoDays(() => undefined);
  const file = path.join(source, 'enrollments.csv');
  const lines = readFileSync(file, 'utf8').split('\n');
  // A blank after a closing quote is odd; blank lines are the shortest rows there are.
  lines[1] = (lines[1] ?? '').replace(/,(student|teacher),/, ',"$1" ,');
  lines.splice(2, 0, ...Array.from({ length: 20_000 }, () => ''));
  writeFileSync(file, lines.join('\n'));
  const { remembered, anew } = await bothPlans(bench, source);
  expect(remembered).toEqual(anew);
  expect(remembered.account.read).toBeGreaterThan(0);
  expect((await bench.sync(source)).state).toBe('done');
});

test('a repeated sourcedId is refused although both rows, or one of them, are known', async () => {
  for (const isChanged of [false, true]) {
    const { bench, source } = await twoDays((tables) => {
      const enrollments = table(tables, 'enrollments');
      const again = [...(enrollments.rows[3] as string[])];
      if (isChanged) set(enrollments, again, 'endDate', '2027-01-01');
      enrollments.rows.push(again);
    });
    await expect(bench.sync(source, { planOnly: true })).rejects.toThrow(/rows 5 and \d+ have the same sourcedId/);
  }
});

test('a file that is damaged, of another key or of another version is no memory, and no failure', async () => {
  const { bench, source } = await twoDays((tables) => {
    const users = table(tables, 'users');
    set(users, users.rows[0] as string[], 'givenName', 'Another');
  });
  const file = fileOf(bench);
  expect(await sections(bench)).toEqual(
    expect.arrayContaining(['table enrollments', 'records ed-fi/studentSectionAssociations']),
  );
  const { anew } = await bothPlans(bench, source);
  const whole = readFileSync(file);
  for (const at of [3, 40, Math.floor(whole.length / 2), whole.length - 5]) {
    const damaged = Buffer.from(whole);
    damaged[at]! ^= 0xff;
    writeFileSync(file, damaged);
    const { plan } = (await bench.sync(source, { planOnly: true })).batch;
    expect(plan).toEqual(anew.plan);
  }
  writeFileSync(file, whole);
  expect((await bench.sync(source, { planOnly: true, rollbook: '1' })).batch.plan).toEqual(anew.plan);
  writeFileSync(file, '');
  expect((await bench.sync(source, { planOnly: true })).batch.plan).toEqual(anew.plan);
  expect(existsSync(file)).toBe(true);
});

test('what had nothing to send is not read again until something changes', async () => {
  const bench = direct(await practice());
  const source = await district({ students: 30 });
  const faulty = readExport(source);
  apply(faulty, [{ kind: 'birth-date-lost', pick: 7 }]);
  writeExport(faulty, source);
  const first = await bench.sync(source);
  expect(first.account.rejected).toBeGreaterThan(0);
  const second = await bench.sync(source);
  const third = await bench.sync(source);
  expect(third.account).toEqual(second.account);
  expect(third.resources).toEqual(second.resources);
  expect(third.batch.plan).toEqual(second.batch.plan);
  // It was not read: what is remembered of the rows was not written again.
  const { mtimeMs } = statSync(fileOf(bench));
  const still = await bench.sync(source);
  expect(still.account).toEqual(second.account);
  expect(statSync(fileOf(bench)).mtimeMs).toBe(mtimeMs);
  const { ledger, connectionId } = bench;
  const left = ledger.resources(connectionId).flatMap(({ id }) => ledger.pending.left(id));
  expect(left.length).toBe(second.account.rejected + second.account.held + second.account.failed);

  // A record that is to go again goes again.
  const resource = ledger.resourceId(connectionId, 'ed-fi/students');
  const one = keyHashAt(ledger.records.load(resource), 0);
  ledger.problemRecords.resendOne(resource, one);
  expect((await bench.sync(source)).account).toMatchObject({ updated: 1 });
  await bench.sync(source);
  await bench.sync(source);
  // So does one that the ledger forgot, and one that is another in the export.
  ledger.records.remove(resource, one);
  expect((await bench.sync(source)).account).toMatchObject({ created: 1 });
  await bench.sync(source);
  const tables = readExport(source);
  apply(tables, [{ kind: 'student-renamed', pick: 3 }]);
  writeExport(tables, source);
  const { created, updated } = (await bench.sync(source)).account;
  expect(created + updated).toBeGreaterThan(0);
});

test('an organization that the API did not have is asked for in every batch', async () => {
  const api = await practice({ preload: false });
  const bench = direct(api);
  const source = await district({ students: 20 });
  for (let batch = 0; batch < 4; batch++) {
    const before = api.requests().GET;
    const { resources } = await bench.sync(source);
    expect(resources.schools?.rejected).toBeGreaterThan(0);
    // One is what the API is.
    expect(api.requests().GET - before).toBeGreaterThan(1);
  }
});
