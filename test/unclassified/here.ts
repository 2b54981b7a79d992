/** Tells whatever a test starts, threads and processes included, which test it is. */
import { beforeEach } from 'vitest';

beforeEach(({ task }) => {
  process.env.ROLLBOOK_TEST_NAME = `${task.file.name} > ${task.name}`;
});
