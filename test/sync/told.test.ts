/** What a batch tells of records that are not refused, or not as they seem. */
import { expect, test } from 'vitest';
import { get, readExport, set, table, where, writeExport } from './export.ts';
import { bench, district, expectAccount, practice } from './workbench.ts';

test('an optional value that is left out is told, once, and holds nothing up', async () => {
  const source = await district();
  const tables = readExport(source);
  const courses = table(tables, 'courses');
  const [first, second] = courses.rows.filter((row) => get(courses, row, 'subjects') !== '');
  for (const row of [first, second]) {
    set(courses, row as string[], 'subjects', 'Basket weaving');
    set(courses, row as string[], 'subjectCodes', '');
  }
  writeExport(tables, source);
  const here = await bench(await practice());
  const result = await here.sync(source);
  expect(result.account).toMatchObject({ rejected: 0, held: 0, failed: 0 });
  const told = result.notices.filter(({ code }) => code === 'sent-without');
  expect(told).toHaveLength(1);
  expect(told[0]?.sentence).toMatch(/^2 courses are sent without academicSubject/);
  expect(told[0]?.sentence).not.toContain('Basket');
});

test('a row that contradicts a known one is rejected, whichever of the two comes first', async () => {
  const source = await district();
  const here = await bench(await practice());
  await here.sync(source);
  const tables = readExport(source);
  const users = table(tables, 'users');
  const roles = table(tables, 'roles');
  const id = get(roles, where(roles, { role: 'student' })[0] as string[], 'userSourcedId');
  const known = where(users, { sourcedId: id })[0] as string[];
  const copy = [...known];
  set(users, copy, 'sourcedId', 'somebody-else');
  set(users, copy, 'givenName', 'Quentin');
  set(users, copy, 'agentSourcedIds', '');
  const demographics = table(tables, 'demographics');
  const born = [...(where(demographics, { sourcedId: id })[0] as string[])];
  set(demographics, born, 'sourcedId', 'somebody-else');
  demographics.rows.push(born);
  const role = [...(where(roles, { userSourcedId: id })[0] as string[])];
  set(roles, role, 'sourcedId', 'somebody-else-role');
  set(roles, role, 'userSourcedId', 'somebody-else');
  roles.rows.push(role);
  // Before the known one in the file.
  users.rows.splice(users.rows.indexOf(known), 0, copy);
  writeExport(tables, source);
  const result = await here.sync(source);
  expectAccount(result);
  expect(result.resources.students).toMatchObject({ rejected: 1, skipped: 0 });
});

test('a cause of many records is not told by the value of one of them', async () => {
  const source = await district();
  const tables = readExport(source);
  const users = table(tables, 'users');
  for (const row of users.rows.slice(0, 40)) set(users, row, 'familyName', `Overlong${'g'.repeat(80)}`);
  writeExport(tables, source);
  const here = await bench(await practice());
  const { problems } = await here.sync(source);
  const long = problems.filter(({ code }) => code === 'too-long');
  expect(long.length).toBeGreaterThan(0);
  expect(JSON.stringify(long)).not.toContain('Overlong');
});
