/** The workflow of the three systems runs what is there to run. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { formOf } from '../e2e/host.ts';

const root = path.resolve(import.meta.dirname, '../..');
const workflow = readFileSync(path.join(root, '.github/workflows/desktop.yml'), 'utf8');

test('Each script that the workflow runs is there', () => {
  const { scripts } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8')) as {
    readonly scripts: Readonly<Record<string, string>>;
  };
  const run = [...workflow.matchAll(/\bnpm (?:run ([\w:-]+)|(test)\b)/g)].map(([, name, own]) => name ?? own ?? '');
  expect(run).toEqual(expect.arrayContaining(['check', 'test', 'build', 'e2e', 'package', 'check:package']));
  expect(run.filter((name) => scripts[name] === undefined)).toEqual([]);
});

test('The specs go through Electron once more, after it was built', () => {
  const [, told] = /ROLLBOOK_E2E: (\S+)/.exec(workflow) ?? [];
  expect(formOf(told)).toBe('electron');
  expect(workflow.indexOf('npm run build')).toBeLessThan(workflow.indexOf('ROLLBOOK_E2E'));
});
