import { defineConfig } from 'vitest/config';
import { LongFirst } from './test/order.ts';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // An answer that fits nothing of the catalogue, in any process or thread, fails the run.
    globalSetup: ['test/unclassified/global.ts', 'test/compiled/global.ts'],
    setupFiles: ['test/unclassified/here.ts', 'test/seed/here.ts'],
    // Two cores: integration tests start real servers, ledgers and workers of their own.
    maxWorkers: 2,
    sequence: { sequencer: LongFirst },
    testTimeout: 180_000,
    hookTimeout: 180_000,
    // What is waited for comes late on a machine that is busy, and no sooner for being asked less long.
    expect: { poll: { timeout: 30_000 } },
  },
});
