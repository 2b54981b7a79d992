/** The two conflicts that need another client in the same moment: they come on command. */
import { expect, test } from 'vitest';
import type { Fault, FaultOf } from '../../core/sandbox/faults/plan.ts';
import type { Generation } from '../../core/sandbox/generations.ts';
import { practice, student } from './practice.ts';

const plan = (fault: Fault, times = 1) => ({ seed: 1, rules: [{ fault, when: { times } }] });
const problem = (type: string) => ({
  type: `urn:ed-fi:api:data-conflict:${type}`,
  status: 409,
  title: expect.any(String),
  detail: expect.any(String),
  correlationId: expect.any(String),
});

test.each<[Generation, FaultOf<'conflict'>['as'], unknown]>([
  ['5.3', 'non-unique-values', { message: expect.stringContaining('not unique') }],
  ['6.2', 'non-unique-values', { message: expect.stringContaining('not unique') }],
  ['7.1', 'non-unique-values', { message: expect.stringContaining('not unique'), correlationId: expect.any(String) }],
  ['7.3', 'non-unique-values', problem('non-unique-values')],
  ['other', 'non-unique-values', { error: { message: expect.stringContaining('in use'), blockingUris: [] } }],
  ['5.3', 'multi-user-conflict', { message: expect.stringContaining('another user') }],
  ['6.2', 'multi-user-conflict', { message: expect.stringContaining('another user') }],
  [
    '7.1',
    'multi-user-conflict',
    { message: expect.stringContaining('another user'), correlationId: expect.any(String) },
  ],
  ['7.3', 'multi-user-conflict', problem('multi-user-conflict')],
  ['other', 'multi-user-conflict', { error: { message: expect.stringContaining('Write conflict') } }],
])('%s words a conflict by %s in its own way, and the write has no effect', async (generation, as, expected) => {
  const { sandbox, get, post } = await practice({ generation });
  sandbox.faults.set(plan({ kind: 'conflict', as }));
  expect((await get('students')).status).toBe(200);
  const refused = await post('students', student('1'));
  expect([refused.status, refused.json]).toEqual([409, expected]);
  expect(sandbox.read('ed-fi/students')).toEqual([]);
  expect(sandbox.faults.counts().conflict).toBe(1);
  expect((await post('students', student('1'))).status).toBe(201);
});
