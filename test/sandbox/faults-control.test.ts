import { expect, test } from 'vitest';
import { practice, SCHOOL } from './practice.ts';
import { ask } from './raw-http.ts';

const period = (classPeriodName: string) => ({ classPeriodName, schoolReference: { schoolId: SCHOOL } });
const refuseAll = { seed: 3, rules: [{ fault: { kind: 'status', status: 503 } }] };

test('there is no control endpoint unless it is switched on', async () => {
  const { sandbox, get } = await practice();
  for (const [method, path] of [
    ['GET', 'faults'],
    ['PUT', 'faults'],
    ['DELETE', 'faults'],
    ['GET', 'requests'],
  ] as const) {
    const reply = await ask(`${sandbox.url}/__control/${path}`, {
      method,
      ...(method === 'PUT' ? { body: refuseAll } : {}),
    });
    expect(reply.status).toBe(404);
  }
  expect((await get('students')).status).toBe(200);
});

test('a plan is put in force, shown and taken back over HTTP', async () => {
  const { sandbox, get } = await practice({ control: true });
  const url = `${sandbox.url}/__control/faults`;
  expect(JSON.parse((await ask(url)).text)).toMatchObject({ plan: null, counts: { status: 0 } });
  expect((await ask(url, { method: 'PUT', body: refuseAll })).status).toBe(200);
  expect((await get('students')).status).toBe(503);
  expect(JSON.parse((await ask(url)).text)).toMatchObject({ plan: refuseAll, counts: { status: 1 } });
  expect((await ask(url, { method: 'DELETE' })).status).toBe(204);
  expect((await get('students')).status).toBe(200);
  expect(JSON.parse((await ask(url)).text)).toMatchObject({ plan: null, counts: { status: 1 } });
});

test('what is no plan is refused in a sentence, and the plan in force stays', async () => {
  const { sandbox, get } = await practice({ control: true });
  const url = `${sandbox.url}/__control/faults`;
  await ask(url, { method: 'PUT', body: refuseAll });
  const wrong = await ask(url, { method: 'PUT', body: { seed: 1, rules: [], more: 1 } });
  expect([wrong.status, JSON.parse(wrong.text)]).toEqual([400, { error: expect.stringContaining('"more"') }]);
  expect((await ask(url, { method: 'PUT', body: '{' })).status).toBe(400);
  expect((await ask(url, { method: 'POST', body: refuseAll })).status).toBe(405);
  expect((await ask(`${sandbox.url}/__control/other`)).status).toBe(404);
  expect((await get('students')).status).toBe(503);
});

test('requests, statuses, and what each write did are told; control itself is in none of them', async () => {
  const { sandbox, make, put, remove, post } = await practice({ control: true });
  const id = await make('classPeriods', period('1'));
  await post('classPeriods', period('1'));
  await put('classPeriods', id, period('1'));
  await remove('classPeriods', id);
  await make('classPeriods', period('1'));
  await post('classPeriods', { classPeriodName: '2' });
  sandbox.faults.set({ seed: 1, rules: [{ fault: { kind: 'page', status: 502 } }] });
  expect((await post('classPeriods', period('3'))).status).toBe(502);
  const told: unknown = JSON.parse((await ask(`${sandbox.url}/__control/requests`)).text);
  expect(told).toMatchObject({
    requests: { POST: 5, PUT: 1, DELETE: 1, token: 1 },
    statuses: { 201: 2, 204: 2, 400: 1 },
    writes: [
      { place: {}, resource: 'ed-fi/classPeriods', key: ['1', String(SCHOOL)], created: 2, updated: 2, deleted: 1 },
    ],
  });
  expect(told).not.toHaveProperty('statuses.502');
  expect(sandbox.writes()).toEqual((told as { writes: unknown }).writes);
});
