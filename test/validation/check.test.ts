import { expect, test } from 'vitest';
import type { JsonObject, JsonValue, ResourceModel } from '../../core/edfi/model.ts';
import { parseSpecification } from '../../core/edfi/specification.ts';
import { loadModel } from '../../core/sandbox/models/load.ts';
import { compileCheck, isDate } from '../../core/validation/check.ts';
import { openApi3 } from '../edfi/documents.ts';

const model = parseSpecification(openApi3());
const known = (type: string): ReadonlySet<string> | undefined =>
  type === 'TermDescriptor' ? new Set(['uri://ed-fi.org/termdescriptor#fall']) : undefined;
const checkOf = (name: string) => compileCheck(model.resources[name] as ResourceModel, known);

const session = (over: Record<string, JsonValue | undefined> = {}): JsonObject =>
  JSON.parse(
    JSON.stringify({
      sessionName: 'Fall',
      schoolReference: { schoolId: 7 },
      schoolYearTypeReference: { schoolYear: 2027 },
      beginDate: '2026-08-17',
      termDescriptor: 'uri://ed-fi.org/TermDescriptor#FALL',
      totalInstructionalDays: 180,
      ...over,
    }),
  ) as JsonObject;
const found = (over: Record<string, JsonValue | undefined>): string[] =>
  checkOf('ed-fi/sessions')(session(over)).map(({ code, path }) => `${code} ${path}`);

test('an item that is fit is let through, its descriptors without regard to case', () => {
  expect(found({})).toEqual([]);
  expect(found({ totalInstructionalDays: undefined, gradingPeriods: [] })).toEqual([]);
});

test.each([
  ['required and absent', { sessionName: undefined }, 'required-missing $.sessionName'],
  ['required and null', { beginDate: null }, 'required-missing $.beginDate'],
  ['required and empty', { sessionName: '' }, 'required-missing $.sessionName'],
  ['a reference that is absent', { schoolReference: undefined }, 'required-missing $.schoolReference'],
  ['a reference that is not whole', { schoolReference: {} }, 'required-missing $.schoolReference.schoolId'],
  ['a reference that is none', { schoolReference: 'x' }, 'value-unreadable $.schoolReference'],
  ['a text where a number is due', { totalInstructionalDays: '180' }, 'bad-number $.totalInstructionalDays'],
  ['a fraction where a whole number is due', { totalInstructionalDays: 1.5 }, 'bad-number $.totalInstructionalDays'],
  ['below the range', { totalInstructionalDays: -1 }, 'out-of-range $.totalInstructionalDays'],
  ['above the range', { totalInstructionalDays: 367 }, 'out-of-range $.totalInstructionalDays'],
  ['above 32 bits', { schoolReference: { schoolId: 3_000_000_000 } }, 'out-of-range $.schoolReference.schoolId'],
  ['a number where a text is due', { sessionName: 5 }, 'value-unreadable $.sessionName'],
  ['too long', { sessionName: 'x'.repeat(61) }, 'too-long $.sessionName'],
  ['spaces around a key', { sessionName: ' Fall' }, 'stray-spaces $.sessionName'],
  ['a day that is none', { beginDate: '2026-02-30' }, 'bad-date $.beginDate'],
  ['a date of another form', { beginDate: '8/17/2026' }, 'bad-date $.beginDate'],
  [
    'an unknown descriptor',
    { termDescriptor: 'uri://ed-fi.org/TermDescriptor#Spring' },
    'descriptor-unknown-to-api $.termDescriptor',
  ],
  ['a descriptor too long', { termDescriptor: 'x'.repeat(307) }, 'too-long $.termDescriptor'],
  ['a descriptor that is no text', { termDescriptor: 1 }, 'value-unreadable $.termDescriptor'],
  ['a collection that is none', { gradingPeriods: 'x' }, 'value-unreadable $.gradingPeriods'],
  ['an entry that is none', { gradingPeriods: ['x'] }, 'value-unreadable $.gradingPeriods'],
  [
    'an entry that lacks something',
    { gradingPeriods: [{}] },
    'required-missing $.gradingPeriods[].gradingPeriodReference',
  ],
] as const)('%s', (_name, over, issue) => {
  expect(found(over as Record<string, JsonValue | undefined>)).toEqual([issue]);
});

test('every fault of an item is told, with its value', () => {
  const issues = checkOf('ed-fi/sessions')(
    session({ sessionName: undefined, beginDate: 'soon', totalInstructionalDays: 400 }),
  );
  expect(issues).toEqual([
    { code: 'required-missing', path: '$.sessionName' },
    { code: 'bad-date', path: '$.beginDate', value: 'soon' },
    { code: 'out-of-range', path: '$.totalInstructionalDays', value: 400 },
  ]);
});

test('a required collection must have an entry', () => {
  const check = checkOf('ed-fi/schools');
  const school: JsonObject = { schoolId: 7, nameOfInstitution: 'Prairie High' };
  expect(check(school).map(({ code, path }) => `${code} ${path}`)).toEqual(['items-missing $.gradeLevels']);
  expect(check({ ...school, gradeLevels: [] }).map(({ code }) => code)).toEqual(['items-missing']);
  // Of GradeLevelDescriptor no value could be had here: the API itself will say.
  expect(check({ ...school, gradeLevels: [{ gradeLevelDescriptor: 'uri://any#thing' }] })).toEqual([]);
});

test('an extension is checked where it is used, and only there', () => {
  const check = checkOf('ed-fi/schools');
  const school: JsonObject = {
    schoolId: 7,
    nameOfInstitution: 'x',
    gradeLevels: [{ gradeLevelDescriptor: 'uri://any#thing' }],
  };
  const codes = (ext: JsonValue): string[] =>
    check({ ...school, _ext: ext }).map(({ code, path }) => `${code} ${path}`);
  expect(codes({})).toEqual([]);
  expect(codes({ tx: {} })).toEqual(['required-missing $._ext.tx.charterWaitlist']);
  expect(codes({ tx: { charterWaitlist: 'yes', openedOn: '2026-13-01' } })).toEqual([
    'value-unreadable $._ext.tx.charterWaitlist',
    'bad-date $._ext.tx.openedOn',
  ]);
});

test('values of one key that stand in several references must agree', () => {
  const grade = (schoolId: number): JsonObject => ({
    gradeTypeDescriptor: 'uri://x#y',
    gradingPeriodReference: { schoolId: 7, schoolYear: 2026, gradingPeriodName: 'Q1' },
    sessionReference: { schoolId, schoolYear: 2027, sessionName: 'Fall' },
  });
  const check = checkOf('ed-fi/grades');
  expect(check(grade(7))).toEqual([]);
  expect(check(grade(8))).toEqual([{ code: 'keys-disagree', path: '$.sessionReference.schoolId' }]);
});

test('times, and dates with time', () => {
  const { resources } = loadModel('5.2').model;
  const check = compileCheck(resources['ed-fi/bellSchedules'] as ResourceModel, () => undefined);
  const issues = (startTime: string): string[] =>
    check({ startTime })
      .filter(({ path }) => path === '$.startTime')
      .map(({ code }) => code);
  for (const time of ['08:05', '23:59:59', '08:05:00.25', '08:05:00Z', '08:05:00+05:30'])
    expect(issues(time)).toEqual([]);
  for (const time of ['24:00', '8:05', '08:60', '08:05:61', 'noon']) expect(issues(time)).toEqual(['bad-date']);
});

test('the calendar', () => {
  for (const day of ['2024-02-29', '2000-02-29', '2026-12-31', '0001-01-01']) expect(isDate(day)).toBe(true);
  for (const day of [
    '2026-02-29',
    '1900-02-29',
    '2026-04-31',
    '2026-00-10',
    '2026-13-10',
    '2026-1-1',
    '2026-01-01T00:00',
    '',
  ]) {
    expect(isDate(day)).toBe(false);
  }
});
