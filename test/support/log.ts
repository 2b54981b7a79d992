/** A log in a folder of its own, for one test. */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { onTestFinished } from 'vitest';
import type { LoggedEvent } from '../../core/support/events.ts';
import { type EventReading, readEvents } from '../../core/support/reading.ts';
import { type EventLogOptions, openEventLog } from '../../core/support/sink.ts';
import { words } from './catalogue.ts';

export const START = Date.UTC(2026, 8, 1);

export function newFolder(): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'rollbook-log-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

export function newLog(options: Partial<EventLogOptions> = {}) {
  const folder = options.folder ?? newFolder();
  const clock = { at: START };
  const log = openEventLog({ folder, now: () => clock.at, words: () => words, ...options });
  return { folder, clock, log, files: () => filesOf(folder), text: () => textOf(folder), read: () => read(folder) };
}

export const filesOf = (folder: string): string[] => readdirSync(path.join(folder, 'logs')).toSorted();
export const textOf = (folder: string): string =>
  filesOf(folder)
    .map((name) => readFileSync(path.join(folder, 'logs', name), 'utf8'))
    .join('');

export function read(folder: string, since = 0): { events: LoggedEvent[]; refused: number } {
  const reading: EventReading = readEvents(folder, { since, words });
  return { events: [...reading], refused: reading.refused };
}
