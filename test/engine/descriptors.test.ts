/** The descriptor map as a steward works on it: codes met, ranked by what they block; values; pairs; another's map. */
import { describe, expect, test } from 'vitest';
import type { CommandOutput } from '../../core/contract/schemas.ts';
import { get, readExport, set, table, where, writeExport } from '../sync/export.ts';
import { type Bench, bench, district, newFolder, practice } from '../sync/workbench.ts';

const TYPE = 'GradeLevelDescriptor';
const value = (codeValue: string): string => `uri://ed-fi.org/${TYPE}#${codeValue}`;
type Codes = CommandOutput<'descriptors.codes'>;

/** A district in which some students have grades of the SIS's own making. */
async function withOwnGrades(grades: Readonly<Record<string, readonly number[]>>): Promise<string> {
  const tables = readExport(await district());
  const users = table(tables, 'users');
  const roles = table(tables, 'roles');
  const ids = new Set(where(roles, { role: 'student' }).map((row) => get(roles, row, 'userSourcedId')));
  const students = users.rows.filter((row) => ids.has(get(users, row, 'sourcedId')));
  for (const [grade, places] of Object.entries(grades)) {
    for (const nth of places) set(users, students[nth] ?? [], 'grades', grade);
  }
  return writeExport(tables, `${newFolder()}/export`);
}

const codesOf = (call: Bench['call'], more: Record<string, unknown> = {}): Promise<Codes> =>
  call('descriptors.codes', { connection: 'here', ...more });
const named = ({ codes }: Codes): string[] => codes.map(({ type, code }) => `${type} ${code}`);

describe('codes met', () => {
  test('are listed as the batch left them, the one that blocks most first, and follow what is paired', async () => {
    const { call, sync } = await bench(await practice());
    expect(await codesOf(call)).toEqual({ codes: [], next: null, counts: { paired: 0, unpaired: 0 }, types: [] });
    const source = await withOwnGrades({ Sprout: [1, 4], 'sprout ': [6], '5th grade': [8] });
    const first = await sync(source);

    const all = await codesOf(call, { limit: 500 });
    const [sprout, fifth, ...paired] = all.codes.filter(({ type }) => type === TYPE);
    const blockedBy = (code: string): number =>
      first.problems
        .filter((one) => one.value?.trim().toLowerCase() === code)
        .reduce((sum, { records, held }) => sum + records + held, 0);
    // One code, however it is written: two causes, one line.
    expect(sprout).toMatchObject({ uri: null, origin: null, blocked: blockedBy('sprout') });
    // Three students, and the schools that have that grade because of them.
    expect(sprout?.records).toBeGreaterThan(3);
    expect(sprout?.code.toLowerCase()).toBe('sprout');
    expect(sprout?.blocked).toBeGreaterThan(3);
    expect(fifth).toMatchObject({ code: '5th grade', records: 2, blocked: blockedBy('5th grade') });
    expect(fifth?.suggestions[0]).toMatchObject({ uri: value('Fifth grade') });
    expect(['high', 'medium', 'low']).toContain(fifth?.suggestions[0]?.confidence);
    expect(named({ ...all, codes: all.codes.slice(0, 2) })).toEqual([`${TYPE} ${sprout?.code}`, `${TYPE} 5th grade`]);
    expect(paired.length).toBeGreaterThan(3);
    for (const one of paired) expect(one).toMatchObject({ origin: 'shipped', blocked: 0, suggestions: [] });
    expect(all.codes.find(({ type }) => type === 'SexDescriptor')).toMatchObject({ origin: 'shipped' });
    // Every student has one grade: what was counted is what the export has.
    const students = first.resources.studentSchoolAssociations?.read;
    expect([sprout, fifth, ...paired].reduce((sum, one) => sum + (one?.records ?? 0), 0)).toBeGreaterThanOrEqual(
      students ?? Number.NaN,
    );
    expect(all.counts.unpaired + all.counts.paired).toBe(all.codes.length);
    expect(all.types).toContain(TYPE);

    await call('descriptors.mapMany', {
      connection: 'here',
      pairs: [
        { type: TYPE.toLowerCase(), code: 'SPROUT', uri: value('First grade').toUpperCase() },
        { type: TYPE, code: 'KG', uri: value('Kindergarten') },
      ],
    });
    const after = await codesOf(call, { type: TYPE, limit: 500 });
    expect(after.codes.find(({ code }) => code === sprout?.code)).toMatchObject({
      uri: value('First grade'),
      origin: 'chosen',
      blocked: sprout?.blocked,
      suggestions: [],
    });
    expect(after.counts.unpaired).toBe(1);
    await sync(source);
    const last = await codesOf(call, { type: TYPE, show: 'paired', limit: 500 });
    expect(last.codes.find(({ code }) => code === sprout?.code)).toMatchObject({
      records: sprout?.records,
      blocked: 0,
    });
    expect(last.counts).toEqual(after.counts);
  });

  test('a page follows the other, filtered or not; a plan that is only looked at changes nothing', async () => {
    const { call, sync, refused } = await bench(await practice());
    await sync(await withOwnGrades({ Sprout: [1], Sapling: [2], Oak: [3] }));
    const whole = await codesOf(call, { limit: 500 });
    for (const filter of [{}, { show: 'unpaired' }, { type: TYPE }, { text: 's' }]) {
      const expected = named(await codesOf(call, { ...filter, limit: 500 }));
      const pages: string[] = [];
      let after: string | undefined;
      do {
        const page = await codesOf(call, { ...filter, limit: 2, ...(after === undefined ? {} : { after }) });
        expect(page.counts.paired + page.counts.unpaired).toBeLessThanOrEqual(whole.codes.length);
        pages.push(...named(page));
        after = page.next ?? undefined;
      } while (after !== undefined);
      expect(pages).toEqual(expected);
      expect(new Set(pages).size).toBe(pages.length);
    }
    // What was the last of a page may be paired before the next is asked for.
    const one = await codesOf(call, { show: 'unpaired', type: TYPE, limit: 1 });
    await call('descriptors.map', {
      connection: 'here',
      type: TYPE,
      code: one.codes[0]?.code ?? '',
      uri: value('Other'),
    });
    const rest = await codesOf(call, { show: 'unpaired', type: TYPE, limit: 500, after: one.next ?? '' });
    expect(rest.codes).toHaveLength(2);
    expect(named(await codesOf(call, { text: 'SAPL', limit: 500 }))).toEqual([`${TYPE} Sapling`]);

    await sync(await withOwnGrades({ Beech: [1] }), { planOnly: true });
    expect(named(await codesOf(call, { limit: 500 })).sort()).toEqual(named(whole).sort());
    await sync(await withOwnGrades({ Beech: [1] }));
    expect(named(await codesOf(call, { show: 'unpaired', type: TYPE }))).toEqual([`${TYPE} Beech`]);
    expect((await refused('descriptors.codes', { connection: 'here', after: one.next ?? '' })).sentence).toContain(
      'begin again',
    );
  });
});

test("the API's values are found by what a steward types", async () => {
  const { call, refused } = await bench(await practice());
  const ask = { connection: 'here', type: TYPE };
  expect((await refused('descriptors.values', ask)).sentence).toContain('test the connection');
  await call('connections.test', { name: 'here' });
  const found = await call('descriptors.values', { ...ask, type: 'gradeleveldescriptor', text: 'KINDER' });
  expect(found[0]).toEqual({
    uri: value('Kindergarten'),
    namespace: `uri://ed-fi.org/${TYPE}`,
    codeValue: 'Kindergarten',
  });
  expect(found.map(({ codeValue }) => codeValue)).toContain('Transitional Kindergarten');
  expect(await call('descriptors.values', { ...ask, limit: 3 })).toHaveLength(3);
  expect((await call('descriptors.values', ask)).length).toBeGreaterThan(10);
  expect((await refused('descriptors.values', { ...ask, type: 'MoodDescriptor' })).sentence).toContain('no such');
});

describe('pairs', () => {
  test('go in all or none; the sentence names the first that cannot, by place and type', async () => {
    const { call, refused } = await bench(await practice());
    await call('connections.test', { name: 'here' });
    const good = { type: TYPE, code: 'IX', uri: value('Ninth grade') };
    const list = () => call('descriptors.list', { connection: 'here' });
    const bad: readonly (readonly [{ type: string; code: string; uri: string }, string])[] = [
      [{ ...good, type: 'MoodDescriptor', code: 'Canary' }, 'pair 2 of 3. The API has no such descriptor type'],
      [{ ...good, code: 'Canary', uri: 'uri://nowhere#Canary' }, `pair 2 of 3. The API has no such ${TYPE} value`],
      [{ ...good, code: '  ' }, `pair 2 of 3. The code for ${TYPE} is blank`],
      [{ ...good, code: ' ix', uri: value('Tenth grade') }, `The same code of ${TYPE} has another value in pair 1`],
    ];
    for (const [pair, said] of bad) {
      const failure = await refused('descriptors.mapMany', { connection: 'here', pairs: [good, pair, good] });
      expect(failure.sentence).toContain(said);
      expect(failure.sentence).not.toContain('Canary');
      expect(await list()).toEqual([]);
    }
    const pairs = [good, { ...good, code: ' ix ' }, { ...good, code: 'X', uri: value('tenth GRADE') }];
    expect(await call('descriptors.mapMany', { connection: 'here', pairs })).toEqual({ mapped: 2 });
    expect(await list()).toEqual([
      { type: TYPE, code: 'ix', uri: value('Ninth grade') },
      { type: TYPE, code: 'x', uri: value('Tenth grade') },
    ]);
  });

  test('are taken back, and the shipped one is in force again', async () => {
    const { call, sync, refused } = await bench(await practice());
    await sync(await district());
    const shipped = (await codesOf(call, { type: TYPE, limit: 500 })).codes[0];
    const code = shipped?.code ?? '';
    await call('descriptors.map', { connection: 'here', type: TYPE, code, uri: value('Other') });
    const listed = async () => (await codesOf(call, { type: TYPE, limit: 500 })).codes.find((one) => one.code === code);
    expect(await listed()).toMatchObject({ uri: value('Other'), origin: 'chosen' });
    await call('descriptors.unmap', { connection: 'here', type: TYPE.toUpperCase(), code: ` ${code} ` });
    expect(await listed()).toEqual(shipped);
    expect((await refused('descriptors.unmap', { connection: 'here', type: TYPE, code })).code).toBe('usage');
  });
});

test('two connections are compared by what is in force at each, and by what the API here has', async () => {
  const api = await practice();
  const { call, sync, refused } = await bench(api);
  await call('connections.add', { name: 'there', url: api.url, key: api.key, studentId: 'identifier', test: false });
  const compare = () => call('descriptors.compare', { connection: 'here', with: 'there' });
  const map = (connection: string, code: string, uri: string) =>
    call('descriptors.map', { connection, type: TYPE, code, uri });
  // Nobody knows there yet what the API has, so this is taken as it is.
  await map('there', 'Yew', 'uri://elsewhere.org/GradeLevelDescriptor#Yew');
  await sync(await district());
  await map('here', 'IX', value('Ninth grade'));
  await map('here', 'X', value('Tenth grade'));
  await map('there', 'ix', value('ninth GRADE'));
  await map('there', 'x', value('Eleventh grade'));
  // What is shipped here and chosen there is no difference where it is the same.
  await map('there', 'KG', value('Kindergarten'));
  expect(await compare()).toEqual([
    { type: TYPE, code: 'x', here: value('Tenth grade'), there: value('Eleventh grade'), usable: true },
    { type: TYPE, code: 'yew', here: null, there: 'uri://elsewhere.org/GradeLevelDescriptor#Yew', usable: false },
  ]);
  expect((await refused('descriptors.compare', { connection: 'here', with: 'HERE' })).code).toBe('usage');
});
