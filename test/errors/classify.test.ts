import fc from 'fast-check';
import { beforeEach, describe, expect, test } from 'vitest';
import { type Classified, classifyAnswer, type RefusedAnswer } from '../../core/errors/classify.ts';
import { junkOnPurpose } from '../unclassified/junk.ts';
import { model } from './model.ts';

beforeEach(junkOnPurpose);

const classify = (status: number, body: unknown, type?: string): Classified =>
  classifyAnswer(
    { status, text: typeof body === 'string' ? body : JSON.stringify(body), ...(type === undefined ? {} : { type }) },
    model,
  );

const invalid = (path: string, sentence: string) => ({ status: 400, validationErrors: { [path]: [sentence] } });
const old = (message: string) => ({ message });
const VALIDATION = 'bad-request:data-validation-failed';

describe('a 400', () => {
  test.each<[string, unknown, string | undefined, Classified]>([
    [
      'required, new',
      invalid('$.birthDate', 'BirthDate is required.'),
      VALIDATION,
      { code: 'required-missing', path: 'birthDate' },
    ],
    [
      'required, old',
      old("Validation of 'Student' failed.\n\tBirthDate is required.\n"),
      undefined,
      { code: 'required-missing', path: 'birthDate' },
    ],
    [
      'required, by model state',
      { message: 'Not valid.', modelState: { 'request.races[0].RaceDescriptor': ['A race must be supplied.'] } },
      undefined,
      { code: 'required-missing', path: 'races.raceDescriptor' },
    ],
    [
      'required, path in the sentence',
      { errors: ['$.firstName: FirstName is required.'] },
      VALIDATION,
      { code: 'required-missing', path: 'firstName' },
    ],
    [
      'descriptor, new',
      invalid(
        '$.entryGradeLevelDescriptor',
        "GradeLevelDescriptor value 'uri://x/GradeLevelDescriptor#5' does not exist.",
      ),
      VALIDATION,
      { code: 'descriptor-unknown-to-api', path: 'entryGradeLevelDescriptor', descriptor: 'GradeLevelDescriptor' },
    ],
    [
      'descriptor, as an id that is missing',
      old("Validation of 'X' failed.\n\tGradeLevelDescriptorId is required.\n"),
      undefined,
      { code: 'descriptor-unknown-to-api', descriptor: 'GradeLevelDescriptor' },
    ],
    [
      'descriptor, old',
      old(
        "Could not resolve: unable to resolve value 'uri://x/GradeLevelDescriptor#5' to a 'GradeLevelDescriptor' item.",
      ),
      undefined,
      { code: 'descriptor-unknown-to-api', descriptor: 'GradeLevelDescriptor' },
    ],
    [
      'too long',
      invalid('$.firstName', 'FirstName must be at most 75 characters long.'),
      VALIDATION,
      { code: 'too-long', path: 'firstName' },
    ],
    [
      'too long, old',
      old('The field FirstName must be a string with a maximum length of 75.'),
      undefined,
      { code: 'too-long', path: 'firstName' },
    ],
    [
      'spaces',
      invalid('$.studentUniqueId', 'StudentUniqueId has leading or trailing spaces.'),
      VALIDATION,
      { code: 'stray-spaces', path: 'studentUniqueId' },
    ],
    [
      'markup',
      invalid('$.firstName', "FirstName holds a value that may be dangerous ('<')."),
      VALIDATION,
      { code: 'unsafe-characters', path: 'firstName' },
    ],
    [
      'keys that disagree',
      { errors: ["The values supplied for 'schoolId' must match: '123', '456'."] },
      VALIDATION,
      { code: 'keys-disagree', path: 'schoolId' },
    ],
    [
      'a date',
      invalid('$.birthDate', "Could not convert '31.12.2010' to a DateTime."),
      VALIDATION,
      { code: 'bad-date', path: 'birthDate' },
    ],
    [
      'a date, old',
      old("Could not convert string to DateTime: CANARY. Path 'birthDate', line 1, position 40."),
      undefined,
      { code: 'bad-date', path: 'birthDate' },
    ],
    [
      'a number',
      old("Error converting value 2.6E+05 to type 'System.Int64'. Path 'schoolReference.schoolId', line 2."),
      undefined,
      { code: 'bad-number', path: 'schoolReference.schoolId' },
    ],
    [
      'an empty list',
      invalid('$.classPeriods', 'ClassPeriods must have at least one item.'),
      VALIDATION,
      { code: 'items-missing', path: 'classPeriods' },
    ],
    [
      'a range',
      invalid('$.totalInstructionalTime', 'TotalInstructionalTime must be between 1 and 3.'),
      VALIDATION,
      { code: 'out-of-range', path: 'totalInstructionalTime' },
    ],
    [
      'a key change, new',
      { detail: 'Identifying values for the Program item cannot be changed.' },
      `${VALIDATION}:key-change-not-supported`,
      { code: 'key-change-refused', entity: 'Program' },
    ],
    [
      'a key change, old',
      old('Key values for this resource cannot be changed. Delete it first.'),
      undefined,
      { code: 'key-change-refused' },
    ],
    ['a profile', { detail: 'Not for this profile.' }, 'profile:invalid-profile-usage', { code: 'profile-mismatch' }],
    [
      'several profiles, old',
      old('More than one Profile belongs to this client.'),
      undefined,
      { code: 'profile-mismatch' },
    ],
    ['an unreadable body', old('Unexpected character at line 1.'), undefined, { code: 'body-unreadable' }],
    [
      'required, where the name holds "script"',
      invalid('$.entryGradeLevelDescriptor', 'EntryGradeLevelDescriptor is required.'),
      VALIDATION,
      { code: 'required-missing', path: 'entryGradeLevelDescriptor' },
    ],
    [
      'an empty text is none',
      invalid('$.firstName', 'FirstName must not be empty.'),
      VALIDATION,
      { code: 'required-missing', path: 'firstName' },
    ],
    [
      'an entry twice',
      invalid(
        '$.races',
        'The 2nd item of the races has the same identifying values as another item earlier in the list.',
      ),
      VALIDATION,
      { code: 'items-repeated', path: 'races' },
    ],
    [
      'a state’s rule',
      old('Section[0]: The field TotalInstructionalTime must be between 1 and 3.'),
      undefined,
      { code: 'out-of-range', path: 'totalInstructionalTime' },
    ],
    [
      'a pattern of a JSON schema, which is no disagreement',
      { error: [{ message: '\'birthDate\' property must match format "date"', path: '{requestBody}.birthDate' }] },
      undefined,
      { code: 'bad-date', path: 'birthDate' },
    ],
    [
      'a type of a JSON schema',
      invalid('$.schoolId', 'Value is "string" but should be "integer".'),
      VALIDATION,
      { code: 'bad-number', path: 'schoolId' },
    ],
    [
      'keys that disagree, by their paths',
      { error: ['Constraint failure: paths $.a.schoolId and $.b.schoolId must have the same values'] },
      undefined,
      { code: 'keys-disagree', path: 'schoolId' },
    ],
    [
      'a key change, as the other implementation says it',
      { error: { message: 'The identity of the resource does not match the identity in the document.' } },
      undefined,
      { code: 'key-change-refused' },
    ],
    [
      'a value, without telling which',
      invalid('$.id', "The value 'x' is not valid."),
      VALIDATION,
      { code: 'value-unreadable' },
    ],
    [
      'a data policy',
      { detail: 'It prevents this.', errors: ['Some of what is required is left out.'] },
      'bad-request:data-policy-enforced',
      { code: 'profile-mismatch' },
    ],
    [
      'a parameter',
      { detail: 'x', errors: ['The page is not valid.'] },
      'bad-request:parameter-validation-failed',
      { code: 'body-unreadable' },
    ],
    ['a missing token', { error: 'Invalid authorization header' }, undefined, { code: 'token-refused' }],
    ['something new', { detail: 'The moon is full.' }, 'bad-request', { code: 'unclassified' }],
    ['nothing', '', undefined, { code: 'unclassified' }],
    ['a page', '<html>', undefined, { code: 'blocked-by-gateway' }],
  ])('%s', (_, body, type, expected) => {
    expect(classify(400, body, type)).toEqual(expected);
  });

  test('the path is worth more than a message that tells less', () => {
    const body = {
      detail: 'Data validation failed.',
      errors: ['x is required'],
      validationErrors: { '$.races[3].raceDescriptor': ['It is required.'] },
    };
    expect(classify(400, body, VALIDATION)).toEqual({ code: 'required-missing', path: 'races.raceDescriptor' });
  });

  test('an unknown word of a path drops the path', () => {
    expect(classify(400, invalid('$.nickNameJane', 'It is required.'), VALIDATION)).toEqual({
      code: 'required-missing',
    });
  });
});

describe('a 403', () => {
  const claims = (...names: string[]) =>
    old(
      `No relationships between the caller's education organization id claims (255901) and these properties: ${names.map((name) => `'${name}'`).join(', ')}.`,
    );
  test.each<[string, unknown, string | undefined, Classified]>([
    [
      'a student, old',
      claims('SchoolId', 'StudentUniqueId'),
      undefined,
      { code: 'not-authorized-student', entity: 'Student' },
    ],
    [
      'a student, new',
      { detail: 'No access.', errors: ["Hint: a 'StudentSchoolAssociation' item may be needed."] },
      'security:authorization',
      { code: 'not-authorized-student', entity: 'Student' },
    ],
    [
      'a student that is not there',
      old("No access, because the 'Student' was not found."),
      undefined,
      { code: 'not-authorized-student', entity: 'Student' },
    ],
    [
      'staff',
      { detail: 'Hint: make a StaffEducationOrganizationAssignmentAssociation.' },
      'security:authorization',
      { code: 'not-authorized-staff', entity: 'Staff' },
    ],
    ['a contact', claims('ContactUniqueId'), undefined, { code: 'not-authorized-contact', entity: 'Contact' }],
    ['an organization', claims('SchoolId'), undefined, { code: 'not-authorized-organization', path: 'schoolId' }],
    [
      'an organization, a state’s wording',
      old("Access to the requested 'SchoolId' was denied."),
      undefined,
      { code: 'not-authorized-organization', path: 'schoolId' },
    ],
    [
      'a resource, new',
      { detail: 'x' },
      'security:authorization:access-denied:resource',
      { code: 'not-authorized-resource' },
    ],
    [
      'a resource, old',
      old('No access to the resource. Is a claim missing?'),
      undefined,
      { code: 'not-authorized-resource' },
    ],
    [
      'a namespace, new',
      { detail: 'x' },
      'security:authorization:namespace:access-denied:namespace-mismatch',
      { code: 'not-authorized-namespace' },
    ],
    [
      'a namespace, old',
      old("'Namespace' begins with none of the caller's namespace prefixes."),
      undefined,
      { code: 'not-authorized-namespace' },
    ],
    [
      'a namespace, by its claim',
      old("Not authorized based on the caller's NamespacePrefix claims: 'uri://x'."),
      undefined,
      { code: 'not-authorized-namespace' },
    ],
    ['a data policy', { detail: 'x' }, 'security:data-policy:incorrect-usage', { code: 'profile-mismatch' }],
    [
      'relationships that are not named, though claims are',
      old('The claim has no established relationships with the resource.'),
      undefined,
      { code: 'not-authorized' },
    ],
    ['ownership', { detail: 'x' }, 'security:authorization:ownership:access-denied', { code: 'owned-by-another' }],
    ['an empty body', '', undefined, { code: 'owned-by-another' }],
    ['a firewall', '<html>no</html>', undefined, { code: 'blocked-by-gateway' }],
    ['a reason that is not known', { detail: 'no' }, 'security:authorization', { code: 'not-authorized' }],
  ])('%s', (_, body, type, expected) => {
    expect(classify(403, body, type)).toEqual(expected);
  });
});

describe('a 409', () => {
  test.each<[string, unknown, string | undefined, Classified]>([
    [
      'a reference, new',
      { detail: "The 'Student' it refers to does not exist." },
      'data-conflict:unresolved-reference',
      { code: 'reference-missing', entity: 'Student' },
    ],
    [
      'a reference, old',
      old("The value given for the related 'calendar' does not exist."),
      undefined,
      { code: 'reference-missing', entity: 'Calendar' },
    ],
    ['a reference, by failures', { error: 'conflict', failures: [{ x: 1 }] }, undefined, { code: 'reference-missing' }],
    [
      'dependants, new',
      { detail: "It is used by an existing 'StudentSectionAttendanceEvent' item." },
      'data-conflict:dependent-item-exists',
      { code: 'dependent-item-exists', entity: 'StudentSectionAttendanceEvent' },
    ],
    [
      'dependants, old',
      old("The 'Student' cannot be deleted: a dependency of the 'studentSchoolAssociation' entity."),
      undefined,
      { code: 'dependent-item-exists', entity: 'StudentSchoolAssociation' },
    ],
    [
      'dependants, by their addresses',
      { error: 'conflict', blockingUris: ['/data/v3/ed-fi/studentSchoolAssociations/77'] },
      undefined,
      { code: 'dependent-item-exists', entity: 'StudentSchoolAssociation' },
    ],
    [
      'a key, new',
      { detail: 'x', errors: ['(StudentUniqueId) = (CANARY)'] },
      'data-conflict:non-unique-identity',
      { code: 'key-taken' },
    ],
    [
      'a key, old',
      old("A natural key conflict: 'Student' with a duplicate key."),
      undefined,
      { code: 'key-taken', entity: 'Student' },
    ],
    [
      'a key of a kindred resource',
      { error: { message: "The identity is in use by 'School'", blockingUris: ['/v5/ed-fi/schools/1'] } },
      undefined,
      { code: 'key-taken', entity: 'School' },
    ],
    [
      'a unique value, old',
      old("The value supplied for property 'x' of entity 'Staff' is not unique."),
      undefined,
      { code: 'key-taken', entity: 'Staff' },
    ],
    [
      'a reference, without quotes',
      { detail: 'The referenced EducationOrganization item(s) do not exist.' },
      'data-conflict:unresolved-reference',
      { code: 'reference-missing', entity: 'EducationOrganization' },
    ],
    [
      'a reference, by its path',
      { validationErrors: { '$.calendarReference': ['It does not exist.'] } },
      'data-conflict:unresolved-reference',
      { code: 'reference-missing', entity: 'Calendar' },
    ],
    [
      'dependants, without quotes',
      { detail: 'It is referenced by existing StudentSchoolAssociation, Calendar item(s).' },
      'data-conflict:dependent-item-exists',
      { code: 'dependent-item-exists', entity: 'StudentSchoolAssociation' },
    ],
    [
      'another client, old',
      old('It was modified or deleted by another user.'),
      undefined,
      { code: 'changed-by-another' },
    ],
    ['another client, other', { error: { message: 'Write conflict' } }, undefined, { code: 'changed-by-another' }],
    ['another client', { detail: 'x' }, 'data-conflict:multi-user-conflict', { code: 'changed-by-another' }],
    ['something new', { detail: 'The moon is full.' }, 'data-conflict', { code: 'unclassified' }],
  ])('%s', (_, body, type, expected) => {
    expect(classify(409, body, type)).toEqual(expected);
  });
});

test.each<[number, unknown, string]>([
  [401, {}, 'token-refused'],
  [404, { type: 'urn:ed-fi:api:not-found' }, 'item-gone'],
  [404, '', 'item-gone'],
  [404, '<html>', 'resource-unknown-to-api'],
  [405, {}, 'action-not-offered'],
  [405, old('The profile does not let it be written.'), 'profile-mismatch'],
  [406, {}, 'body-unreadable'],
  [407, '', 'blocked-by-gateway'],
  [410, {}, 'item-gone'],
  [413, '<html>', 'record-too-large'],
  [511, '<html>', 'blocked-by-gateway'],
  [404, { error: { message: 'Write conflict' } }, 'changed-by-another'],
  [404, { error: 'Invalid resource hobbies.' }, 'resource-unknown-to-api'],
  [412, old('Changed meanwhile.'), 'changed-by-another'],
  [415, {}, 'body-unreadable'],
  [418, {}, 'unclassified'],
  [429, '', 'rate-limited'],
  [500, '<html>', 'server-error'],
  [502, '', 'server-error'],
  [503, { detail: 'The circuit breaker is open.' }, 'rate-limited'],
  [503, '', 'server-error'],
  [408, '', 'unreachable'],
])('a %i with %j is %s', (status, body, code) => {
  expect(classify(status, body)).toEqual({ code });
});

test('whatever a server says, only codes and words of the specification come out, and it never throws', () => {
  const words = new Set<string>([
    'Student',
    'Staff',
    'Contact',
    'EducationOrganization',
    ...Object.keys(model.descriptors),
  ]);
  for (const { entity, properties } of Object.values(model.resources)) {
    words.add(entity);
    for (const property of properties) {
      words.add(property.name);
      if (property.kind === 'collection') for (const inner of property.properties) words.add(inner.name);
      if (property.kind === 'reference') {
        words.add(property.entity);
        for (const member of property.members) words.add(member.name);
      }
    }
  }
  const phrase = fc.constantFrom(
    "'Jane' does not exist.",
    'Doe is required.',
    "the related 'Jane.Doe' cannot be deleted",
    "Path 'Jane.birthDate'",
    "must match '12345'",
    "for 'Jane' must match",
    'unable to resolve DoeDescriptor',
  );
  const text = fc.array(fc.oneof(phrase, fc.string()), { maxLength: 4 }).map((parts) => parts.join(' '));
  const body = fc.oneof(
    fc.string(),
    fc.json(),
    fc
      .record({
        message: text,
        errors: fc.array(text),
        validationErrors: fc.dictionary(fc.oneof(fc.string(), phrase), fc.array(text)),
      })
      .map((one) => JSON.stringify(one)),
    fc
      .record({ detail: text, modelState: fc.dictionary(fc.string(), fc.array(text)), failures: fc.anything() })
      .map((one) => JSON.stringify(one)),
  );
  const status = fc.constantFrom(400, 403, 404, 409, 412, 500);
  fc.assert(
    fc.property(status, body, (code, written) => {
      const answer: RefusedAnswer = { status: code, text: written };
      const found = classifyAnswer(answer, model);
      for (const word of [
        ...(found.path?.split('.') ?? []),
        found.entity ?? 'Student',
        found.descriptor ?? 'Student',
      ]) {
        expect(words.has(word)).toBe(true);
      }
    }),
    { numRuns: 400 },
  );
});

test('a POST that finds nothing has no resource, whatever the body says', () => {
  const answer = { status: 404, text: '{"type":"urn:ed-fi:api:not-found"}', type: 'not-found' };
  expect(classifyAnswer({ ...answer, method: 'POST' }, model).code).toBe('resource-unknown-to-api');
  expect(classifyAnswer({ ...answer, method: 'PUT' }, model).code).toBe('item-gone');
});
