/**
 * Writes down each answer that fitted nothing of the catalogue. Loaded (NODE_OPTIONS) before anything else in every process and
 * every thread that a test run starts: an engine's worker and a command of its own classify where no test can look.
 */

import { subscribe } from 'node:diagnostics_channel';
import { appendFileSync } from 'node:fs';
import path from 'node:path';
import { threadId } from 'node:worker_threads';

const { ROLLBOOK_TEST_UNCLASSIFIED: folder } = process.env;
if (folder !== undefined) {
  subscribe('rollbook:unclassified', ({ status, type }) => {
    const { ROLLBOOK_TEST_JUNK: junk, ROLLBOOK_TEST_NAME: test } = process.env;
    if (junk === '1') return;
    const line = JSON.stringify({ status, ...(type === undefined ? {} : { type }), test: test ?? 'no test' });
    appendFileSync(path.join(folder, `${process.pid}-${threadId}.jsonl`), `${line}\n`);
  });
}
