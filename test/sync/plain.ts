import type { SyncInput } from '../../core/sync/sync.ts';

/** What a batch without an engine around it is run with, unless told otherwise; also outside of Vitest. */
export const PLAIN = {
  settings: { studentId: 'identifier' },
  mappingFile: undefined,
  vanished: 'delete',
  planOnly: false,
  approve: true,
  retry: false,
  rollbook: '0',
  concurrency: 8,
  patienceMs: 2_000,
  elapsed: () => performance.now(),
} satisfies Partial<SyncInput>;
