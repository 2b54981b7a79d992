import { expect, test } from 'vitest';
import { descriptor, practice, session } from './practice.ts';

const winter = {
  namespace: 'uri://ed-fi.org/TermDescriptor',
  codeValue: 'Deep Winter',
  shortDescription: 'Deep Winter',
};

test('descriptors are there from the start, and are read like any item', async () => {
  const { get } = await practice();
  const found = await get('termDescriptors?codeValue=Fall%20Semester');
  expect(found.list).toHaveLength(1);
  expect(found.list[0]).toMatchObject({
    namespace: 'uri://ed-fi.org/TermDescriptor',
    codeValue: 'Fall Semester',
    shortDescription: 'Fall Semester',
    _etag: expect.any(String),
  });
  expect((await get('gradeLevelDescriptors?limit=500')).list.length).toBeGreaterThan(20);
});

test('a descriptor can be added, changed and, once it is not in use, removed', async () => {
  const { post, put, remove, make, sandbox } = await practice();
  const cold = { ...session(), termDescriptor: descriptor('Term', 'Deep Winter') };
  expect((await post('sessions', cold)).status).toBe(400);
  const { id, status } = await post('termDescriptors', winter);
  expect(status).toBe(201);
  expect((await post('termDescriptors', { ...winter, description: 'Snow' })).status).toBe(200);
  expect((await put('termDescriptors', id, { ...winter, codeValue: 'Other' })).status).toBe(400);
  const used = await make('sessions', cold);
  const refused = await remove('termDescriptors', id);
  expect([refused.status, refused.json.detail]).toEqual([409, expect.stringContaining("'Session'")]);
  expect((await remove('sessions', used)).status).toBe(204);
  expect((await remove('termDescriptors', id)).status).toBe(204);
  expect((await post('sessions', cold)).status).toBe(400);
  expect(sandbox.read('ed-fi/sessions')).toEqual([]);
});

test('a descriptor is checked like any item', async () => {
  const { post } = await practice();
  const refused = await post('termDescriptors', { namespace: winter.namespace, codeValue: 'x'.repeat(51) });
  expect(Object.keys(refused.json.validationErrors as object).sort()).toEqual(['$.codeValue', '$.shortDescription']);
});
