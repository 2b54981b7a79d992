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

/** @param url `http://127.0.0.1:54321/oauth/token` */
export async function tokenFrom(url: string, key: string, secret: string, scope?: string): Promise<string> {
  const { json } = await send(url, {
    method: 'POST',
    body: new URLSearchParams({
      grant_type: 'client_credentials',
      client_id: key,
      client_secret: secret,
      ...(scope === undefined ? {} : { scope }),
    }),
  });
  return String(json.access_token);
}

export const tokenOf = ({ url, key, secret }: Pick<Sandbox, 'url' | 'key' | 'secret'>, scope?: string) =>
  tokenFrom(`${url}/oauth/token`, key, secret, scope);

/** @param dataUrl `http://127.0.0.1:54321/data/v3/ed-fi` */
function callerWith(sandbox: Sandbox, authorization: string, dataUrl: string): Caller {
  const at = (method: string, url: string, body?: unknown, headers: Record<string, string> = {}): Promise<Reply> =>
    send(url, {
      method,
      headers: { authorization, ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...headers },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
  const post: Caller['post'] = (resource, body, headers) => at('POST', `${dataUrl}/${resource}`, body, headers);
  return {
    sandbox,
    call: (method, path, body, headers) => at(method, sandbox.url + path, body, headers),
    post,
    put: (resource, id, body, headers) => at('PUT', `${dataUrl}/${resource}/${id}`, body, headers),
    remove: (resource, id, headers) => at('DELETE', `${dataUrl}/${resource}/${id}`, undefined, headers),
    get: (pathAndQuery, headers) => at('GET', `${dataUrl}/${pathAndQuery}`, undefined, headers),
    make: async (resource, body) => {
      const reply = await post(resource, body);
      if (reply.status !== 201 && reply.status !== 200) throw new Error(`${resource}: ${reply.status} ${reply.text}`);
      return reply.id;
    },
  };
}

export const callerOf = async (sandbox: Sandbox, scope?: string): Promise<Caller> =>
  callerWith(sandbox, `Bearer ${await tokenOf(sandbox, scope)}`, `${sandbox.url}/data/v3/ed-fi`);

/** The addresses that discovery gives at a base, the practice API's own unless told. */
export const urlsAt = async (base: string): Promise<Record<string, string>> =>
  (await send(base, {})).json.urls as Record<string, string>;

/** The same as `callerOf`, by the addresses of discovery, and as the client of the options that has the key. */
export async function callerAs(
  sandbox: Sandbox,
  { base = '', key = sandbox.key, secret = sandbox.secret }: { base?: string; key?: string; secret?: string } = {},
): Promise<Caller> {
  const { oauth, dataManagementApi } = await urlsAt(sandbox.url + base);
  const token = await tokenFrom(String(oauth), key, secret);
  const data = String(dataManagementApi).replace(/\/$/, '');
  return callerWith(sandbox, `Bearer ${token}`, `${data}/ed-fi`);
}

/** A practice API of which the test itself makes the callers. */
export async function started(options: SandboxOptions): Promise<Sandbox> {
  const sandbox = await startSandbox(options);
  onTestFinished(() => sandbox.close());
  return sandbox;
}

/** A practice API that ends with the test. */
export async function practice(options: SandboxOptions = {}): Promise<Caller> {
  const sandbox = await started(options);
  return options.generation === 'other' ? callerAs(sandbox) : callerOf(sandbox);
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
