/** Facts for a bundle, of every kind that there is; nothing in them is of a record. */

import type { ResourceModel } from '../../core/edfi/model.ts';
import { eventLine } from '../../core/support/bundle/content.ts';
import type { AccountFacts, BatchFacts, BundleInput, GroupFacts } from '../../core/support/bundle/input.ts';
import { lineParser } from '../../core/support/reading.ts';
import { createWords } from '../../core/support/words.ts';
import { model } from '../errors/model.ts';

export const NOW = Date.UTC(2026, 10, 21, 5, 32, 10, 123);
const HOUR = 3_600_000;
const DAY = 24 * HOUR;

const candidates: ResourceModel = {
  name: 'tpdm/candidates',
  entity: 'Candidate',
  properties: [],
  identity: [],
  updatableKey: false,
  isA: [],
};

export const words = createWords({ ...model, resources: { ...model.resources, [candidates.name]: candidates } });

const account = (given: Partial<AccountFacts>): AccountFacts => {
  const counts = {
    created: 0,
    updated: 0,
    deleted: 0,
    unchanged: 0,
    rejected: 0,
    held: 0,
    failed: 0,
    skipped: 0,
    ...given,
  };
  return { read: Object.values(counts).reduce((sum, count) => sum + count, 0), ...counts };
};

const batch = (number: number, given: Partial<BatchFacts> = {}, counts: Partial<AccountFacts> = {}): BatchFacts => {
  const all = account(counts);
  return {
    connection: 'state',
    batch: number,
    reference: 'B-7K4M-2Q',
    kind: 'sync',
    state: 'done',
    startedAt: NOW - (40 - number) * DAY,
    endedAt: NOW - (40 - number) * DAY + 754_000,
    stoppedBy: null,
    account: all,
    resources: [{ resource: 'students', account: all }],
    requests: { POST: 4_112, PUT: 310, DELETE: 4, GET: 77, token: 2, retries: 13 },
    timings: {
      totalMs: 754_000,
      planMs: 31_000,
      sendMs: 723_000,
      latencyP50Ms: 41,
      latencyP95Ms: 180,
      connections: 16,
    },
    ...given,
  };
};

const group = (reference: string, given: Partial<GroupFacts>): GroupFacts => ({
  connection: 'state',
  reference,
  code: 'descriptor-unmapped',
  resource: 'ed-fi/studentSchoolAssociations',
  path: '$.entryGradeLevelDescriptor',
  subject: 'GradeLevelDescriptor',
  httpStatus: null,
  status: 'ongoing',
  firstSeen: NOW - 12 * DAY,
  lastSeen: NOW - HOUR,
  records: 412,
  held: 4_112,
  trend: [3, 9, 12, 380, 401, 412].map((records, index) => ({ batch: 10 + index, records })),
  examples: ['R-7K4M-2Q', 'R-9XWB-Z3', 'R-G2TT-5H'],
  ...given,
});

export const lines = [
  eventLine({
    at: NOW - DAY,
    seq: 1,
    type: 'app.started',
    rollbook: '0.1.0',
    node: '24.21.0',
    electron: '45.4.1',
    host: 'desktop',
    platform: 'win32',
    arch: 'x64',
    osMajor: 11,
  }),
  eventLine({ at: NOW - DAY + 5, seq: 2, type: 'ledger.opened', schema: 2, megabytes: 200, records: 200_000 }),
  eventLine({
    at: NOW - HOUR,
    seq: 3,
    type: 'problem.group',
    connection: 'state',
    batch: 'B-7K4M-2Q',
    group: 'G-7K4M-2Q',
    code: 'descriptor-unmapped',
    resource: 'ed-fi/studentSchoolAssociations',
    path: 'entryGradeLevelDescriptor',
    descriptor: 'GradeLevelDescriptor',
    httpStatus: 0,
    status: 'ongoing',
    records: 200,
    held: 2_000,
    firstSeen: NOW - 12 * DAY,
    samples: ['R-7K4M-2Q'],
  }),
  eventLine({
    at: NOW - HOUR + 9,
    seq: 4,
    type: 'command.failed',
    command: 'sync.run',
    connection: 'C2',
    code: 'api-unreachable',
    reason: 'connect-timeout',
    frames: [{ module: 'core/sync/plan.ts', line: 120, column: 14 }],
  }),
];

/** @returns facts of two connections, six groups and forty-three batches */
export const facts = (): BundleInput => ({
  madeAt: NOW,
  words,
  events: { lines, parse: lineParser({ words }), droppedBySink: 3 },
  connections: [
    {
      label: 'state',
      apiVersion: '7.3',
      dataStandard: '5.2.0',
      extensions: [
        { name: 'tpdm', version: '1.1.0' },
        { name: 'tpdm', version: '7b' },
        { name: null, version: '7.3.1.20' },
      ],
      claimSet: 'sis-vendor',
      permissions: [
        { resource: 'ed-fi/students', operations: ['create', 'read', 'update', 'delete'] },
        { resource: 'tpdm/candidates', operations: ['read'] },
        { resource: '/ed-fi/schools', operations: ['read'] },
        { resource: 'ed-fi/studentSchoolAssociations', operations: ['create', 'read', 'update', 'read-changes'] },
      ],
      educationOrganizations: 14,
      namespaces: 2,
      profiles: 0,
      traits: ['encrypted', 'year-in-address', 'openapi-3', 'token-info-with-claim-set', 'change-queries'],
      resourcesOff: ['ed-fi/bellSchedules', 'tpdm/*'],
      vanished: 'delete',
      mapping: 'shipped',
      descriptorMappings: 87,
      records: 412_345,
      keySince: NOW - 80 * DAY,
      specificationAt: NOW - DAY,
    },
    {
      label: 'C2',
      apiVersion: null,
      dataStandard: '3.3.1-b',
      extensions: [],
      claimSet: 'not-told',
      permissions: null,
      educationOrganizations: 1,
      namespaces: 0,
      profiles: 1,
      traits: ['unencrypted', 'swagger-2'],
      resourcesOff: [],
      vanished: 'keep',
      mapping: 'own',
      descriptorMappings: 0,
      records: 7,
      keySince: null,
      specificationAt: null,
    },
  ],
  groups: [
    group('G-9XWB-Z3', {
      code: 'not-authorized-student',
      resource: 'studentSectionAttendanceEvents',
      path: null,
      subject: null,
      httpStatus: 403,
      status: 'new',
      records: 61,
      held: 0,
      trend: [{ batch: 40, records: 61 }],
    }),
    group('G-7K4M-2Q', {}),
    group('G-G2TT-5H', {
      code: 'required-missing',
      resource: 'ed-fi/students',
      path: '$.birthDate',
      subject: null,
      status: 'regressed',
      records: 9,
      held: 31,
      examples: [],
    }),
    group('G-B5B5-B5', {
      connection: 'C2',
      code: 'unclassified',
      resource: 'tpdm/candidates',
      path: null,
      subject: null,
      httpStatus: 400,
      status: 'ignored',
      records: 10,
      held: 0,
      trend: [],
    }),
    group('G-C6C6-C6', {
      code: 'too-long',
      path: '$.firstName',
      subject: 'Student',
      status: 'fixed',
      records: 0,
      held: 0,
    }),
    group('G-D7D7-D7', { code: 'row-missing', subject: 'users', path: null, status: 'resolved', records: 0, held: 0 }),
  ],
  batches: [
    batch(1, { kind: 'adopt' }, { created: 402_112, rejected: 41, held: 4_112, failed: 61 }),
    ...Array.from({ length: 39 }, (_, index) =>
      batch(
        index + 2,
        {},
        {
          created: (index * 37) % 211,
          updated: (index * 91) % 1_403,
          deleted: index % 5 === 0 ? index : 3,
          unchanged: 400_000 + index,
          held: 3_000 + ((index * 113) % 900),
          failed: index % 7 === 0 ? 61 : 9,
        },
      ),
    ),
    batch(41, { state: 'stopped', stoppedBy: 'api-unreachable', reference: null }, { updated: 12, skipped: 400_010 }),
    batch(1, { connection: 'C2', state: 'waiting', endedAt: null }, { created: 9 }),
    batch(2, {
      connection: 'C2',
      state: 'sending',
      endedAt: null,
      account: null,
      requests: null,
      timings: {
        totalMs: null,
        planMs: null,
        sendMs: null,
        latencyP50Ms: null,
        latencyP95Ms: null,
        connections: null,
      },
    }),
  ],
  environment: {
    rollbook: '0.1.0',
    node: 'v24.21.0',
    electron: '45.4.1',
    host: 'desktop',
    platform: 'win32',
    arch: 'x64',
    osMajor: 11,
    cores: 8,
    memoryGb: 16,
    ledger: { schemaVersion: 2, megabytes: 200, records: 412_352, openProblems: 4_625 },
    settings: { concurrency: 'auto', patienceSeconds: 20, retentionDays: 90, secrets: 'keychain' },
  },
});
