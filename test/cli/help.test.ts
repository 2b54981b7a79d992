/** Help texts, and the page that lists the commands. */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { rollbook } from './run.ts';

const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8');

/** The table of commands: the words in code of each row's first column. */
const listed = readme
  .split('\n')
  .filter((line) => line.startsWith('| `'))
  .flatMap((line) =>
    [...(line.split('|')[1] ?? '').matchAll(/`([^`]+)`/g)].map(([, words = '']) => words.split(' ')[0]),
  );

const COMMANDS = ['retry', 'ignore', 'fixed', 'clear', 'fix-list', 'reference', 'find', 'support-bundle', 'settings'];

describe('help', () => {
  test.each([...COMMANDS, 'batches', 'problems'])('%s explains itself with an example', async (name) => {
    const { code, stdout, stderr } = await rollbook([name, '--help']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(new RegExp(`^Usage: rollbook ${name} `));
    expect(stdout).toMatch(new RegExp(`^Examples?:\\n {2}rollbook ${name} `, 'm'));
    expect(Math.max(...stdout.split('\n').map((line) => line.length))).toBeLessThanOrEqual(100);
  });

  test('the README lists every command, and says the same of the exit codes', async () => {
    const { stdout } = await rollbook(['--help']);
    const [, commands = ''] = /\nCommands:\n([\s\S]*?)\n\n/.exec(stdout) ?? [];
    const names = [...commands.matchAll(/^ {2}([a-z][\w-]*)/gm)].map(([, name]) => name);
    expect(names.length).toBeGreaterThan(15);
    expect(names.filter((name) => !listed.includes(name))).toEqual([]);
    const codes = [...stdout.matchAll(/^ {2}(\d) {2}(\S.*)$/gm)].map(([, code]) => code);
    expect(codes).toEqual(['0', '1', '2', '3', '4', '5']);
    const [said = ''] = /Exit codes: [\s\S]*?\n\n/.exec(readme) ?? [];
    for (const code of codes) expect(said).toMatch(new RegExp(`\\b${code} \\w`));
  });
});
