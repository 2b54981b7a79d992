/**
 * Writes events until the disk takes no more, makes some room, and writes two more; prints how many were dropped before
 * and after. The folder is the first argument.
 */
import { statSync, truncateSync } from 'node:fs';
import path from 'node:path';
import { openEventLog } from '../../core/support/sink.ts';

const folder = process.argv[2] ?? '';
const log = openEventLog({ folder, now: () => Date.UTC(2026, 8, 1), words: () => undefined });
for (let i = 0; i < 60; i++) log.write({ type: 'network.online', offlineMs: i });
const before = log.dropped();
const file = path.join(folder, 'logs', 'events-000001.jsonl');
const { size } = statSync(file);
// Room in mid-line: what was cut off stays cut off.
truncateSync(file, size - 610);
log.write({ type: 'network.offline' });
process.stdout.write(`${size} ${before} ${log.dropped()}`);
