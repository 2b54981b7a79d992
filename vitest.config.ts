import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // An answer that fits nothing of the catalogue, in any process or thread, fails the run.
    globalSetup: ['test/unclassified/global.ts', 'test/compiled/global.ts'],
    setupFiles: ['test/unclassified/here.ts'],
    // Two cores: integration tests start real servers, ledgers and workers of their own.
    maxWorkers: 2,
    testTimeout: 180_000,
    hookTimeout: 180_000,
  },
});
