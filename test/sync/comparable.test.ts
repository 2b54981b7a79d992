import { expect, test } from 'vitest';
import type { ResourceModel } from '../../core/edfi/model.ts';
import { comparableReader } from '../../core/sync/comparable.ts';

const plain = { required: false, identity: false } as const;
const text = (name: string) => ({ ...plain, kind: 'scalar', type: 'string', name }) as const;
const model: ResourceModel = {
  name: 'ed-fi/places',
  entity: 'Place',
  identity: [],
  updatableKey: false,
  isA: [],
  properties: [
    { ...plain, kind: 'scalar', type: 'date', name: 'beginDate' },
    { ...plain, kind: 'scalar', type: 'integer', name: 'seats' },
    { ...plain, kind: 'descriptor', name: 'kindDescriptor', maxLength: 306 },
    text('remark'),
    {
      ...plain,
      kind: 'reference',
      name: 'sessionReference',
      entity: 'Session',
      targets: ['ed-fi/sessions'],
      members: [
        { name: 'sessionName', type: 'string', required: true },
        { name: 'startDate', type: 'date', required: true },
      ],
    },
    { ...plain, kind: 'collection', name: 'addresses', minItems: 0, properties: [text('city')] },
    {
      ...plain,
      kind: 'object',
      name: '_ext',
      properties: [{ ...plain, kind: 'object', name: 'tx', properties: [text('campus')] }],
    },
  ],
};

test('what the mapping makes and the specification knows is kept, at every depth, and nothing else', () => {
  const cut = comparableReader(model, [
    'beginDate',
    'kindDescriptor',
    'seats',
    'sessionReference',
    'addresses',
    '_ext',
  ]);
  expect(
    cut({
      id: '0123',
      _etag: '5',
      _lastModifiedDate: '2026-01-01T00:00:00Z',
      beginDate: '2026-08-17T00:00:00',
      seats: 3,
      kindDescriptor: 'uri://x#A',
      remark: 'by another system',
      foreign: { any: 1 },
      sessionReference: {
        sessionName: 'Fall',
        startDate: '2026-08-17T00:00:00Z',
        link: { rel: 'Session', href: '/x' },
      },
      addresses: [{ city: 'Springfield', validated: true }, { city: 'Shelbyville' }],
      _ext: { tx: { campus: 'North', id: 'x' }, other: { a: 1 } },
    }),
  ).toEqual({
    beginDate: '2026-08-17',
    seats: 3,
    kindDescriptor: 'uri://x#A',
    sessionReference: { sessionName: 'Fall', startDate: '2026-08-17' },
    addresses: [{ city: 'Springfield' }, { city: 'Shelbyville' }],
    _ext: { tx: { campus: 'North' } },
  });
});

test('what has another form than the specification tells is left out, or left as it is', () => {
  const cut = comparableReader(model, ['beginDate', 'sessionReference', 'addresses', '_ext']);
  expect(cut({ beginDate: 20260817, sessionReference: 'x', addresses: { city: 'y' }, _ext: [] })).toEqual({
    beginDate: 20260817,
  });
  expect(cut({ addresses: ['x', null, { city: 'y' }] })).toEqual({ addresses: [{ city: 'y' }] });
  expect(cut({})).toEqual({});
});
