/** Fails a test run in which an answer fitted nothing of the catalogue, and lists what it was. */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const GATHER = fileURLToPath(new URL('./gather.mjs', import.meta.url));

/** Each different line once, with how often it was met. */
function gathered(folder: string): string[] {
  const counts = new Map<string, number>();
  for (const file of readdirSync(folder)) {
    for (const line of readFileSync(path.join(folder, file), 'utf8').split('\n')) {
      if (line !== '') counts.set(line, (counts.get(line) ?? 0) + 1);
    }
  }
  return [...counts].map(([line, count]) => `${count} × ${line}`).sort();
}

const restore = (name: string, value: string | undefined): void => {
  if (value === undefined) delete process.env[name];
  else process.env[name] = value;
};

export default function setup(): () => void {
  const { NODE_OPTIONS: options, ROLLBOOK_TEST_UNCLASSIFIED: before } = process.env;
  const folder = mkdtempSync(path.join(tmpdir(), 'rollbook-unclassified-'));
  process.env.ROLLBOOK_TEST_UNCLASSIFIED = folder;
  process.env.NODE_OPTIONS = `${options ?? ''} --import=${JSON.stringify(GATHER)}`.trim();
  return () => {
    const found = gathered(folder);
    rmSync(folder, { recursive: true, force: true });
    restore('ROLLBOOK_TEST_UNCLASSIFIED', before);
    restore('NODE_OPTIONS', options);
    if (found.length === 0) return;
    throw new Error(
      `Answers fitted nothing of the catalogue (core/errors); teach it, or say junkOnPurpose() in the test:\n${found.join('\n')}`,
    );
  };
}
