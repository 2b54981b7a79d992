/** What is kept of an API: used offline, asked about by ETag or age, and compared when it changed. */
import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { type Bench, bench, district, expectAccount, practice } from '../sync/workbench.ts';
import { type Answer, type Asked, type Front, front } from './front.ts';

type Document = { paths: Record<string, unknown>; components: { schemas: Record<string, Schema> } };
type Schema = { required?: string[]; properties?: Record<string, unknown> };

const isMetadata = ({ path }: Asked): boolean => path.includes('swagger.json') || path.endsWith('/dependencies');
const asked = (at: Front): Asked[] => at.asked.filter(isMetadata);
const codes = (result: { notices: readonly { code: string }[] }): string[] =>
  result.notices.map(({ code }) => code).filter((code) => code.startsWith('api-'));

/** Changes the specification of the resources on its way. */
const edit =
  (change: (document: Document) => void) =>
  ({ path }: Asked, answer: Answer): Answer => {
    if (!path.endsWith('resources/swagger.json')) return answer;
    const document = JSON.parse(answer.body) as Document;
    change(document);
    return { ...answer, body: JSON.stringify(document) };
  };

const schemaOf = (document: Document, name: string): Schema => {
  const found = Object.entries(document.components.schemas).find(([key]) => key.toLowerCase() === `edfi_${name}`);
  if (found === undefined) throw new Error(`no schema for ${name}`);
  return found[1];
};

/** Another API by its specification: one property required, one gone, one new; a resource gone, another new. */
const otherSpecification = edit((document) => {
  const student = schemaOf(document, 'student');
  student.required = [...(student.required ?? []), 'middleName'];
  const staff = schemaOf(document, 'staff');
  delete staff.properties?.maidenName;
  staff.properties = { ...staff.properties, favouriteWord: { type: 'string', maxLength: 20 } };
  for (const path of Object.keys(document.paths)) {
    if (path.startsWith('/ed-fi/locations')) delete document.paths[path];
    if (/^\/ed-fi\/grades(\/|$)/.test(path)) {
      document.paths[path.replace('grades', 'marks')] = document.paths[path];
      delete document.paths[path];
    }
  }
});

async function fronted(
  now?: () => number,
): Promise<{ at: Front; here: Bench; api: Awaited<ReturnType<typeof practice>> }> {
  const api = await practice();
  const at = await front(api);
  const here = await bench({ ...api, url: at.url }, now === undefined ? {} : { now });
  return { at, here, api };
}

describe('offline', () => {
  test('a plan is made with what is known, and says since when; nothing is sent, and nothing is kept of it', async () => {
    const { at, here } = await fronted();
    const source = await district();
    const first = await here.sync(source);
    await at.close();
    const next = await district({ day: 2 });
    const plan = await here.sync(next, { planOnly: true });
    expectAccount(plan);
    expect(plan.state).toBe('planned');
    expect(plan.account.unchanged).toBeGreaterThan(0);
    expect(plan.account.skipped).toBeGreaterThan(0);
    expect(plan.requests).toMatchObject({ POST: 0, PUT: 0, DELETE: 0, token: 0 });
    expect(plan.notices).toContainEqual({
      code: 'api-offline',
      sentence: expect.stringMatching(/not reachable.*\d{4}/),
    });
    expect((await here.refused('sync.run', { connection: 'here', source: next })).code).toBe('api-unreachable');
    expect((await here.call('connections.show', { name: 'here' })).records).toBe(first.account.created);
  });

  test('a connection that was tested can be planned before anything was ever sent', async () => {
    const { at, here } = await fronted();
    await here.call('connections.test', { name: 'here' });
    await at.close();
    const plan = await here.sync(await district(), { planOnly: true });
    expectAccount(plan);
    // Districts and schools could not be asked for: they are taken to be there, or nothing would be left of the plan.
    expect(plan.account).toMatchObject({ held: 0, rejected: 0, created: 0 });
    expect(plan.left).toBeGreaterThan(500);
    expect((await here.call('connections.removal', { name: 'here' })).records).toBe(0);
  });

  test('what was never known cannot be planned with; half of it is not kept', async () => {
    const { at, here } = await fronted();
    at.instead = ({ path }) => (path.endsWith('/dependencies') ? { status: 500, body: '{}' } : undefined);
    const steps = await here.call('connections.test', { name: 'here' });
    expect(steps.at(-1)).toMatchObject({ step: 'dependencies', state: 'failed', code: 'api-unreachable' });
    expect((await here.call('connections.show', { name: 'here' })).specificationAt).toBeNull();
    await at.close();
    const planOnly = { connection: 'here', source: await district(), planOnly: true };
    expect((await here.refused('sync.run', planOnly)).code).toBe('api-unreachable');
  });
});

describe('refreshed', () => {
  test('by age, where there are no ETags', async () => {
    let hours = 0;
    const { at, here } = await fronted(() => Date.now() + hours * 3_600_000);
    const source = await district();
    await here.sync(source);
    expect(asked(at)).toHaveLength(3);
    hours = 23;
    expect((await here.sync(source)).requests.GET).toBe(1);
    expect(asked(at)).toHaveLength(3);
    hours = 49;
    expect(codes(await here.sync(source))).toEqual([]);
    expect(asked(at)).toHaveLength(6);
  });

  test('by ETag, whatever the age, where the host gives them', async () => {
    const { at, here } = await fronted();
    const tags = new Map<string, string>();
    at.rewrite = (question, answer) => {
      if (!isMetadata(question)) return answer;
      const etag = `"${createHash('sha256').update(answer.body).digest('hex')}"`;
      tags.set(question.path, etag);
      const same = question.headers['if-none-match'] === etag;
      return { status: same ? 304 : 200, headers: { ...answer.headers, etag }, body: same ? '' : answer.body };
    };
    const source = await district();
    await here.sync(source);
    expect(asked(at).map(({ headers }) => headers['if-none-match'])).toEqual([undefined, undefined, undefined]);
    const at1 = (await here.call('connections.show', { name: 'here' })).specificationAt ?? 0;
    at.asked.length = 0;
    expect(codes(await here.sync(source))).toEqual([]);
    expect(asked(at).map(({ path, headers }) => headers['if-none-match'] === tags.get(path))).toEqual([
      true,
      true,
      true,
    ]);
    expect((await here.call('connections.show', { name: 'here' })).specificationAt).toBeGreaterThan(at1);
    // One that changed is read at once, although the API tells the same version and a day has not passed.
    const tagging = at.rewrite;
    at.rewrite = (question, answer) => tagging(question, otherSpecification(question, answer));
    expect(codes(await here.sync(source))).toContain('api-property-required');
  });

  test('by age, where the host gives ETags and does not keep to them', async () => {
    const { at, here } = await fronted();
    at.rewrite = (question, answer) =>
      isMetadata(question) ? { ...answer, headers: { ...answer.headers, etag: '"always"' } } : answer;
    const source = await district();
    await here.sync(source);
    await here.sync(source);
    at.asked.length = 0;
    await here.sync(source);
    expect(asked(at)).toEqual([]);
  });
});

describe('changed', () => {
  test('what is new, gone, or newly required is said before anything is sent, until it was', async () => {
    let days = 0;
    const { at, here } = await fronted(() => Date.now() + days * 90_000_000);
    const source = await district();
    await here.sync(source);
    at.rewrite = otherSpecification;
    days = 1;
    here.events.length = 0;
    const plan = await here.sync(source, { planOnly: true });
    const told = plan.notices.filter(({ code }) => code.startsWith('api-'));
    expect(Object.fromEntries(told.map(({ code, sentence }) => [code, sentence]))).toMatchObject({
      'api-property-required': expect.stringMatching(/students: middleName/),
      'api-property-removed': expect.stringMatching(/staffs .*maidenName/),
      'api-property-added': expect.stringMatching(/staffs .*favouriteWord/),
      'api-resource-removed': expect.stringMatching(/locations/),
      'api-resource-added': expect.stringMatching(/marks/),
      'api-changed-elsewhere': expect.stringMatching(/^1 resource /),
    });
    const events = here.events.map(({ type }) => type);
    expect(events.indexOf('notice')).toBeLessThan(events.indexOf('plan'));
    // Looked at, but not sent: it is said again, and after that no more.
    expect(codes(await here.sync(source)).toSorted()).toEqual(told.map(({ code }) => code).toSorted());
    expect(codes(await here.sync(source))).toEqual([]);
  });

  test('a new version, and a descriptor value that is used and gone', async () => {
    const { at, here } = await fronted();
    const source = await district();
    const first = await here.sync(source);
    at.rewrite = ({ path }, answer) => {
      if (path === '/') return { ...answer, body: answer.body.replace('"version":"7.3"', '"version":"7.4"') };
      if (!path.includes('/gradeLevelDescriptors?') && !path.includes('/sexDescriptors?')) return answer;
      const values = JSON.parse(answer.body) as { codeValue: string }[];
      const rest = values.filter(({ codeValue }) => codeValue !== 'Third grade' && codeValue !== 'Not Selected');
      return { ...answer, body: JSON.stringify(rest) };
    };
    const next = await here.sync(source);
    expect(next.notices).toContainEqual({
      code: 'api-version-changed',
      sentence: expect.stringMatching(/It was API 7\.3, Ed-Fi 5\.2\.0; it is API 7\.4, Ed-Fi 5\.2\.0\./),
    });
    const gone = next.notices.filter(({ code }) => code === 'api-descriptor-gone');
    expect(gone.map(({ sentence }) => sentence).join()).toMatch(/GradeLevelDescriptor.*Third grade/);
    expect(first.notices.map(({ code }) => code)).not.toContain('api-version-changed');
    expect(codes(await here.sync(source))).toEqual([]);
  });
});
