import { expect, test } from 'vitest';
import { keyReader, referenceKeyReader, referenceReader } from '../../core/edfi/keys.ts';
import type { JsonObject, ReferenceProperty, ResourceModel } from '../../core/edfi/model.ts';
import { parseSpecification } from '../../core/edfi/specification.ts';
import { openApi3 } from './documents.ts';

const model = parseSpecification(openApi3());
const resource = (name: string): ResourceModel => model.resources[name] as ResourceModel;
const session: JsonObject = {
  sessionName: 'Fall',
  schoolReference: { schoolId: 7 },
  schoolYearTypeReference: { schoolYear: 2027 },
  gradingPeriods: [
    { gradingPeriodReference: { schoolId: 7, schoolYear: 2027, gradingPeriodName: 'Q1' } },
    { gradingPeriodReference: { gradingPeriodName: 'Q2', schoolYear: 2027, schoolId: 7 } },
    { gradingPeriodReference: { schoolId: 7, schoolYear: 2027 } },
    {},
  ],
};
const sessionReference = resource('ed-fi/grades').properties.find(
  ({ name }) => name === 'sessionReference',
) as ReferenceProperty;

test('a key reads the same from an item and from a reference to it, whatever the order of members', () => {
  const key = keyReader(resource('ed-fi/sessions').identity)(session);
  const reader = referenceKeyReader(sessionReference);
  expect(key).toBeDefined();
  expect(reader({ sessionName: 'Fall', schoolId: 7, schoolYear: 2027 })).toBe(key);
  expect(reader({ schoolYear: 2027, sessionName: 'Fall', schoolId: 7, link: { rel: 'x' } })).toBe(key);
  expect(reader({ schoolYear: 2027, sessionName: 'Spring', schoolId: 7 })).not.toBe(key);
});

test('values of a key do not run into each other', () => {
  const reader = referenceKeyReader({
    ...sessionReference,
    members: sessionReference.members.filter(({ name }) => name !== 'schoolId'),
  });
  expect(reader({ schoolYear: 20, sessionName: '27' })).not.toBe(reader({ schoolYear: 202, sessionName: '7' }));
});

test('a key that is not whole is none', () => {
  const keyOf = keyReader(resource('ed-fi/sessions').identity);
  for (const over of [
    { sessionName: '' },
    { sessionName: null },
    { schoolReference: {} },
    { schoolReference: 'x' },
    { schoolYearTypeReference: [] },
  ]) {
    expect(keyOf({ ...session, ...over } as JsonObject)).toBeUndefined();
  }
  expect(keyReader([])({ a: 1 })).toBeUndefined();
  expect(referenceKeyReader(sessionReference)({ schoolId: 7, sessionName: 'Fall' })).toBeUndefined();
});

test('a value that stands in several places is taken from the first that has it', () => {
  const keyOf = keyReader(resource('ed-fi/grades').identity);
  const grade: JsonObject = {
    gradeTypeDescriptor: 'uri://x#y',
    gradingPeriodReference: { schoolId: 7, schoolYear: 2026, gradingPeriodName: 'Q1' },
    sessionReference: { schoolId: 7, schoolYear: 2027, sessionName: 'Fall' },
  };
  const { schoolId: _out, ...rest } = grade.gradingPeriodReference as JsonObject;
  expect(keyOf(grade)).toBeDefined();
  expect(keyOf({ ...grade, gradingPeriodReference: rest })).toBe(keyOf(grade));
});

test('every whole reference of a body is visited, those in collections too', () => {
  const found: string[] = [];
  referenceReader(resource('ed-fi/sessions'))(session, ({ path, property, key }) => {
    found.push(`${path} ${property.entity} ${key.split('\u001f').join(' ')}`);
  });
  expect(found.sort()).toEqual([
    '$.gradingPeriods[].gradingPeriodReference GradingPeriod Q1 7 2027 ',
    '$.gradingPeriods[].gradingPeriodReference GradingPeriod Q2 7 2027 ',
    '$.schoolReference School 7 ',
    '$.schoolYearTypeReference SchoolYearType 2027 ',
  ]);
  const none: string[] = [];
  const visit = referenceReader(resource('ed-fi/schools'));
  visit({ schoolId: 1 }, ({ path }) => none.push(path));
  visit({ gradeLevels: 'no list' } as JsonObject, ({ path }) => none.push(path));
  referenceReader(resource('ed-fi/sessions'))(
    { gradingPeriods: [null, 'x', []], schoolReference: 'x' } as JsonObject,
    ({ path }) => none.push(path),
  );
  expect(none).toEqual([]);
});
