/** Ways in which a record can fail at an API, done to a practice API over HTTP; each leaves it as it was. */
import type { ApiModel, JsonObject } from '../../core/edfi/model.ts';
import type { ClientOptions } from '../../core/sandbox/clients.ts';
import type { Fault } from '../../core/sandbox/faults/plan.ts';
import type { Profile } from '../../core/sandbox/profiles.ts';
import {
  type Caller,
  course,
  descriptor,
  enrolment,
  OTHER_SCHOOL,
  offering,
  type Reply,
  SCHOOL,
  section,
  session,
  student,
} from '../sandbox/practice.ts';

/** Sessions can be read with it, and not written. */
const NAMES: Profile = {
  name: 'Names-Only',
  resources: {
    'ed-fi/students': { readable: { include: ['firstName'] }, writable: { exclude: ['middleName'] } },
    'ed-fi/sessions': { readable: { exclude: ['totalInstructionalDays'] } },
  },
};
/** No student can be made with it: a date of birth is required. */
const BARE: Profile = {
  name: 'Bare',
  resources: { 'ed-fi/students': { readable: { exclude: ['birthDate'] }, writable: { exclude: ['birthDate'] } } },
};

/** The keys that a practice API has to have for this; `district` may do everything. */
export const CLIENTS = [
  { key: 'district', secret: 's' },
  { key: 'stranger', secret: 's' },
  {
    key: 'little',
    secret: 's',
    claimSet: { name: 'Little', resources: [{ resource: 'ed-fi/students', operations: ['Read'] }] },
  },
  { key: 'spaced', secret: 's', namespacePrefixes: ['uri://tx.example'] },
  { key: 'names', secret: 's', profiles: [NAMES] },
  { key: 'bare', secret: 's', profiles: [BARE] },
  { key: 'both', secret: 's', profiles: [NAMES, BARE] },
] as const satisfies readonly ClientOptions[];
export type Key = (typeof CLIENTS)[number]['key'];

export interface Stage {
  readonly as: Readonly<Record<Key, Caller>>;
  readonly model: ApiModel;
  /** Ids of what is there: a course that an offering uses, two class periods, a student, a staff member, a contact. */
  readonly ids: Readonly<Record<'course' | 'period' | 'student' | 'staff' | 'contact', string>>;
  /** `contacts`, or `parents` before they were called so. */
  readonly contacts: string;
}

const period = (classPeriodName: string): JsonObject => ({ classPeriodName, schoolReference: { schoolId: SCHOOL } });
const staff = (firstName: string): JsonObject => ({ staffUniqueId: 'S', firstName, lastSurname: 'Lane' });
const contactOf = (contacts: string, firstName: string): JsonObject => ({
  [contacts === 'contacts' ? 'contactUniqueId' : 'parentUniqueId']: 'C',
  firstName,
  lastSurname: 'Marsh',
});

/** Makes what the situations need to be there already. */
export async function setStage(as: Stage['as'], model: ApiModel): Promise<Stage> {
  const contacts = model.resources['ed-fi/contacts'] === undefined ? 'parents' : 'contacts';
  const { make } = as.district;
  await make('sessions', session());
  const ids = {
    course: await make('courses', course()),
    period: await make('classPeriods', period('P1')),
    student: await make('students', student('604')),
    staff: await make('staffs', staff('Kit')),
    contact: await make(contacts, contactOf(contacts, 'Sam')),
  };
  await make('courseOfferings', offering());
  await make('classPeriods', period('P2'));
  return { as, model, ids, contacts };
}

export interface Situation {
  readonly method: 'POST' | 'PUT' | 'DELETE';
  readonly run: (stage: Stage) => Promise<Reply>;
}

const post = (resource: string, body: unknown, key: Key = 'district', headers?: Record<string, string>): Situation => ({
  method: 'POST',
  run: ({ as }) => as[key].post(resource, body, headers),
});
const put = (run: Situation['run']): Situation => ({ method: 'PUT', run });

/** A write that meets a fault. */
const faulty = (fault: Fault): Situation => ({
  method: 'POST',
  run: async ({ as }) => {
    as.district.sandbox.faults.set({ seed: 1, rules: [{ fault }] });
    try {
      return await as.district.post('students', student('2'));
    } finally {
      as.district.sandbox.faults.clear();
    }
  },
});

const NOWHERE = '0123456789abcdef0123456789abcdef';
const { lastSurname: _, ...nameless } = student('2');
const FOREIGN = 255902001;
const identification = (course().identificationCodes as JsonObject[])[0] as JsonObject;

export const SITUATIONS = {
  'a required value is missing': post('students', nameless),
  'a value is too long': post('students', { ...student('2'), firstName: 'x'.repeat(80) }),
  'a number is too large': post('courses', { ...course('ALG3'), numberOfParts: 3_000_000_000 }),
  'a date is none': post('students', { ...student('2'), birthDate: '31.12.2010' }),
  'a number is none': post('sessions', { ...session('Late'), totalInstructionalDays: 'eighty' }),
  'a text is none': post('students', { ...student('2'), firstName: 5 }),
  'a key ends with a space': post('students', student('2 ')),
  'a name holds markup': post('students', { ...student('2'), firstName: '<b>Robin</b>' }),
  'a list is empty': post('courses', { ...course('ALG3'), identificationCodes: [] }),
  'a list repeats an entry': post('courses', {
    ...course('ALG3'),
    identificationCodes: [identification, identification],
  }),
  'references disagree': post('sections', {
    ...section(),
    classPeriods: [{ classPeriodReference: { classPeriodName: 'P1', schoolId: OTHER_SCHOOL } }],
  }),
  'a descriptor value is unknown': post('sessions', {
    ...session('Late'),
    termDescriptor: descriptor('Term', 'Never'),
  }),
  'a member is unknown': post('students', { ...student('3'), shoeSize: 40 }),
  'the body is no JSON': post('students', '{'),
  'the body is empty': post('students', ''),
  'the body has an id': post('students', { ...student('2'), id: NOWHERE }),
  'the media type is not JSON': post('students', student('2'), 'district', { 'content-type': 'text/csv' }),
  'the body is huge': post('students', 'x'.repeat(10_000_001)),
  'a fixed key changes': put(({ as, ids }) => as.district.put('courses', ids.course, course('ALG9'))),
  'a reference leads nowhere': post('courseOfferings', offering('ALG1', 'Never')),
  'what is referred to is deleted': {
    method: 'DELETE',
    run: ({ as, ids }) => as.district.remove('courses', ids.course),
  },
  'a key becomes that of another': put(({ as, ids }) => as.district.put('classPeriods', ids.period, period('P2'))),
  'a unique value is taken': faulty({ kind: 'conflict', as: 'non-unique-values' }),
  'another client was faster': faulty({ kind: 'conflict', as: 'multi-user-conflict' }),
  'an ETag is old': put(({ as, ids }) =>
    as.district.put('classPeriods', ids.period, period('P1'), { 'if-match': '"old"' }),
  ),
  'a student is not enrolled': post('studentEducationOrganizationAssociations', {
    studentReference: { studentUniqueId: '604' },
    educationOrganizationReference: { educationOrganizationId: SCHOOL },
    sexDescriptor: descriptor('Sex', 'Female'),
  }),
  'a student is not there': post('studentEducationOrganizationAssociations', {
    studentReference: { studentUniqueId: 'nobody' },
    educationOrganizationReference: { educationOrganizationId: SCHOOL },
    sexDescriptor: descriptor('Sex', 'Female'),
  }),
  'an enrolment is of a student who is not there': post('studentSchoolAssociations', enrolment('nobody')),
  'a staff member is not employed': put(({ as, ids }) => as.district.put('staffs', ids.staff, staff('Kim'))),
  'a contact has no student': put(({ as, ids, contacts }) =>
    as.district.put(contacts, ids.contact, contactOf(contacts, 'Kim')),
  ),
  'a school is of another district': post('sessions', session('Late', FOREIGN)),
  'the claim set lacks the resource': post('sessions', session('Late'), 'little'),
  'the claim set lacks the action': post('students', student('2'), 'little'),
  'the namespace is of another': post(
    'gradeLevelDescriptors',
    { namespace: 'uri://ed-fi.org/GradeLevelDescriptor', codeValue: 'New', shortDescription: 'New' },
    'spaced',
  ),
  'another client made it': post('students', { ...student('604'), firstName: 'Kim' }, 'stranger'),
  'a profile has no writing': post('sessions', session('Late'), 'names'),
  'a profile leaves out what is required': post('students', student('2'), 'bare'),
  'a profile is named wrongly': post('students', student('2'), 'district', {
    'content-type': 'application/vnd.ed-fi.student.absent.writable+json',
  }),
  'several profiles and none is named': post('students', student('2'), 'both'),
  'an item is gone': put(({ as }) => as.district.put('students', NOWHERE, student('2'))),
  'a resource is not there': post('hobbies', { hobby: 'chess' }),
  'a method is not offered': {
    method: 'POST',
    run: ({ as, ids }) => as.district.post(`students/${ids.student}`, student('2')),
  },
  'the token is not one': post('students', student('2'), 'district', { authorization: 'Bearer nonsense' }),
  'the token is missing': post('students', student('2'), 'district', { authorization: '' }),
  'too many requests (429)': faulty({ kind: 'status', status: 429 }),
  'too many requests (503)': faulty({ kind: 'status', status: 503 }),
  'a gateway fails': faulty({ kind: 'page', status: 502 }),
} as const satisfies Readonly<Record<string, Situation>>;

export type SituationName = keyof typeof SITUATIONS;
