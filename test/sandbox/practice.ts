/** What the tests of the practice API share: a caller that speaks real HTTP, and a few bodies. */
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { JsonObject } from '../../core/edfi/model.ts';
import type { Sandbox, SandboxOptions } from '../../core/sandbox/options.ts';
import { startSandbox } from '../../core/sandbox/server.ts';

export interface Reply {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** The body as JSON; undefined where it is empty or none. */
  readonly json: JsonObject;
  readonly list: readonly JsonObject[];
  /** The last part of Location. */
  readonly id: string;
}

export interface Caller {
  readonly sandbox: Sandbox;
  call(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Reply>;
  post(resource: string, body: unknown, headers?: Record<string, string>): Promise<Reply>;
  put(resource: string, id: string, body: unknown, headers?: Record<string, string>): Promise<Reply>;
  remove(resource: string, id: string, headers?: Record<string, string>): Promise<Reply>;
  get(pathAndQuery: string, headers?: Record<string, string>): Promise<Reply>;
  /** POSTs and expects success. */
  make(resource: string, body: unknown): Promise<string>;
}

export async function send(url: string, init: RequestInit): Promise<Reply> {
  const response = await fetch(url, init);
  const text = await response.text();
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    parsed = undefined;
  }
  return {
    status: response.status,
    headers: response.headers,
    text,
    json: parsed as JsonObject,
    list: parsed as JsonObject[],
    id: (response.headers.get('location') ?? '').replace(/^.*\//, ''),
  };
}

export async function tokenOf(sandbox: Pick<Sandbox, 'url' | 'key' | 'secret'>, scope?: string): Promise<string> {
  const { json } = await send(`${sandbox.url}/oauth/token`, {
    method: 'POST',
    body: new URLSearchParams({
      grant_type: 'client_credentials',
      client_id: sandbox.key,
      client_secret: sandbox.secret,
      ...(scope === undefined ? {} : { scope }),
    }),
  });
  return String(json.access_token);
}

export async function callerOf(sandbox: Sandbox, scope?: string): Promise<Caller> {
  const authorization = `Bearer ${await tokenOf(sandbox, scope)}`;
  const call: Caller['call'] = (method, path, body, headers = {}) =>
    send(`${sandbox.url}${path}`, {
      method,
      headers: { authorization, ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...headers },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
  const post: Caller['post'] = (resource, body, headers) => call('POST', `/data/v3/ed-fi/${resource}`, body, headers);
  return {
    sandbox,
    call,
    post,
    put: (resource, id, body, headers) => call('PUT', `/data/v3/ed-fi/${resource}/${id}`, body, headers),
    remove: (resource, id, headers) => call('DELETE', `/data/v3/ed-fi/${resource}/${id}`, undefined, headers),
    get: (pathAndQuery, headers) => call('GET', `/data/v3/ed-fi/${pathAndQuery}`, undefined, headers),
    make: async (resource, body) => {
      const reply = await post(resource, body);
      if (reply.status !== 201 && reply.status !== 200) throw new Error(`${resource}: ${reply.status} ${reply.text}`);
      return reply.id;
    },
  };
}

/** A practice API that ends with the test. */
export async function practice(options: SandboxOptions = {}): Promise<Caller> {
  const sandbox = await startSandbox(options);
  onTestFinished(() => sandbox.close());
  return callerOf(sandbox);
}

/** A folder that is gone after the test. */
export function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'rollbook-sandbox-'));
  onTestFinished(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

const DATA = new URL('../../../shared/data/', import.meta.url);
/** Public documents beside the repository, for development; tests that need them are skipped where they are absent. */
export const hasData = existsSync(DATA);
export const data = (path: string): unknown =>
  JSON.parse(readFileSync(new URL(path, DATA), 'utf8').replace(/^\uFEFF/, ''));

export const SCHOOL = 255901001;
export const OTHER_SCHOOL = 255901002;
export const descriptor = (type: string, code: string): string => `uri://ed-fi.org/${type}Descriptor#${code}`;

export const student = (studentUniqueId: string): JsonObject => ({
  studentUniqueId,
  firstName: 'Robin',
  lastSurname: 'Marsh',
  birthDate: '2012-03-04',
});
export const enrolment = (studentUniqueId: string, schoolId = SCHOOL, entryDate = '2026-08-20'): JsonObject => ({
  studentReference: { studentUniqueId },
  schoolReference: { schoolId },
  entryDate,
  entryGradeLevelDescriptor: descriptor('GradeLevel', 'Ninth grade'),
});
export const session = (sessionName = 'Fall', schoolId = SCHOOL): JsonObject => ({
  schoolReference: { schoolId },
  schoolYearTypeReference: { schoolYear: 2027 },
  sessionName,
  beginDate: '2026-08-20',
  endDate: '2026-12-18',
  termDescriptor: descriptor('Term', 'Fall Semester'),
  totalInstructionalDays: 80,
});
export const course = (courseCode = 'ALG1'): JsonObject => ({
  courseCode,
  educationOrganizationReference: { educationOrganizationId: SCHOOL },
  courseTitle: 'Algebra',
  numberOfParts: 1,
  identificationCodes: [
    {
      courseIdentificationSystemDescriptor: descriptor('CourseIdentificationSystem', 'LEA course code'),
      identificationCode: courseCode,
    },
  ],
});
export const offering = (localCourseCode = 'ALG1', sessionName = 'Fall'): JsonObject => ({
  localCourseCode,
  courseReference: { courseCode: 'ALG1', educationOrganizationId: SCHOOL },
  schoolReference: { schoolId: SCHOOL },
  sessionReference: { schoolId: SCHOOL, schoolYear: 2027, sessionName },
});
export const offeringKey = (sessionName = 'Fall', localCourseCode = 'ALG1'): JsonObject => ({
  localCourseCode,
  schoolId: SCHOOL,
  schoolYear: 2027,
  sessionName,
});
export const section = (sectionIdentifier = 'S-1', sessionName = 'Fall'): JsonObject => ({
  sectionIdentifier,
  courseOfferingReference: offeringKey(sessionName),
});
export const sectionKey = (sessionName = 'Fall', sectionIdentifier = 'S-1'): JsonObject => ({
  ...offeringKey(sessionName),
  sectionIdentifier,
});

/** A student in a section, with all that has to be there before. */
export async function classroom({ make }: Pick<Caller, 'make'>): Promise<Record<string, string>> {
  return {
    session: await make('sessions', session()),
    course: await make('courses', course()),
    offering: await make('courseOfferings', offering()),
    period: await make('classPeriods', { classPeriodName: 'P1', schoolReference: { schoolId: SCHOOL } }),
    section: await make('sections', {
      ...section(),
      classPeriods: [{ classPeriodReference: { classPeriodName: 'P1', schoolId: SCHOOL } }],
    }),
    student: await make('students', student('604')),
    enrolment: await make('studentSchoolAssociations', enrolment('604')),
    seat: await make('studentSectionAssociations', {
      studentReference: { studentUniqueId: '604' },
      sectionReference: sectionKey(),
      beginDate: '2026-08-20',
    }),
  };
}
