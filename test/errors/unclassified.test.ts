import { spawnSync } from 'node:child_process';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { beforeEach, expect, test } from 'vitest';
import { classifyAnswer } from '../../core/errors/classify.ts';
import { UNCLASSIFIED_CHANNEL } from '../../core/errors/unclassified.ts';
import setup from '../unclassified/global.ts';
import { junkOnPurpose } from '../unclassified/junk.ts';
import { model } from './model.ts';

beforeEach(junkOnPurpose);

test('what fits nothing is told with its status and type, and nothing of its body', () => {
  const heard: unknown[] = [];
  const hear = (message: unknown): void => void heard.push(message);
  subscribe(UNCLASSIFIED_CHANNEL, hear);
  try {
    classifyAnswer({ status: 418, type: 'tea:pot', text: '{"message":"CANARY"}' }, model);
    classifyAnswer({ status: 409, type: 'data-conflict:unresolved-reference', text: '{}' }, model);
  } finally {
    unsubscribe(UNCLASSIFIED_CHANNEL, hear);
  }
  expect(heard).toEqual([{ status: 418, type: 'tea:pot' }]);
});

const CLASSIFY = JSON.stringify(new URL('../../core/errors/classify.ts', import.meta.url).href);
const inThread = (status: number): string => `
  import { classifyAnswer } from ${CLASSIFY};
  classifyAnswer({ status: ${status}, text: '' }, { resources: {}, descriptors: {} });`;
const inProcess = `
  import { Worker } from 'node:worker_threads';
  ${inThread(418)}
  new Worker(new URL('data:text/javascript,' + encodeURIComponent(${JSON.stringify(inThread(451))})));`;

/** What the check of the whole run says of a process, with a thread of its own, that was started with this environment. */
function verdictOn(env: Record<string, string>): string {
  const finish = setup();
  let verdict = 'nothing unclassified';
  try {
    const { status, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', inProcess], {
      env: { ...process.env, ROLLBOOK_TEST_JUNK: '', ROLLBOOK_TEST_NAME: 'planted', ...env },
      encoding: 'utf8',
    });
    expect([status, stderr]).toEqual([0, '']);
  } finally {
    try {
      finish();
    } catch (thrown) {
      verdict = String(thrown);
    }
  }
  return verdict;
}

test('a run fails where another process, or a thread of it, met something unclassified that was not meant', () => {
  const verdict = verdictOn({});
  expect(verdict).toContain('1 × {"status":418,"test":"planted"}');
  expect(verdict).toContain('1 × {"status":451,"test":"planted"}');
  expect(verdictOn({ ROLLBOOK_TEST_JUNK: '1' })).toBe('nothing unclassified');
});
