/** Writes events until the disk takes no more; prints how many were dropped. The folder is the first argument. */
import { openEventLog } from '../../core/support/sink.ts';

const log = openEventLog({ folder: process.argv[2] ?? '', now: () => Date.UTC(2026, 8, 1), words: () => undefined });
for (let i = 0; i < 60; i++) log.write({ type: 'network.online', offlineMs: i });
process.stdout.write(String(log.dropped()));
