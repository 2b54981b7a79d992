import { execFileSync } from 'node:child_process';
import path from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { FAILURE_CODES, Failure } from '../../core/errors/failure.ts';
import { codeOf, type Frame, framesOf } from '../../core/support/frames.ts';
import { createModules, ownModules } from '../../core/support/modules.ts';
import { hostileThings, thrown } from './hostile.ts';

const root = path.join(import.meta.dirname, '../..');
const thrownBy = (work: () => unknown): unknown => {
  try {
    work();
  } catch (caught) {
    return caught;
  }
  throw new Error('nothing was thrown');
};
const at = (text: string): Error => Object.assign(new Error('x'), { stack: `Error: x\n${text}` });
/** As if it were thrown in our own code. */
const ours = (): Error => at(`    at parseDiscovery (${root}/core/edfi/discovery.ts:10:3)`);

describe('frames', () => {
  test('are those in our own files, with their place', () => {
    // In a process of its own: what a test runner makes of a file has other places than the file.
    const told = execFileSync(
      process.execPath,
      [
        '--input-type=module',
        '--eval',
        `import { parseDiscovery } from './core/edfi/discovery.ts';
         import { framesOf } from './core/support/frames.ts';
         try { parseDiscovery({ status: 200 }, 'https://x.example', {}); }
         catch (thrown) { process.stdout.write(JSON.stringify(framesOf(thrown))); }`,
      ],
      { cwd: root, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] },
    );
    const [first] = JSON.parse(told) as Frame[];
    expect(first?.module).toMatch(/^core\/edfi\//);
    expect(first?.line).toBeGreaterThan(10);
    expect(first?.column).toBeGreaterThan(0);
  });
  test('of others are left out', () => {
    const here = thrownBy(() => JSON.parse('{"name": Maria}'));
    expect(framesOf(here)).toEqual([]);
    expect(framesOf(at('    at f (node:fs:10:5)\n    at g (/home/maria/core/engine.ts:3:1)'))).toEqual([]);
    expect(framesOf(at(`    at f (${root}/node_modules/zod/index.js:1:1)`))).toEqual([]);
    expect(framesOf(at(`    at f (${root}/core/../../core/engine.ts:1:1)`))).toEqual([]);
    expect(framesOf(at(`    at f (${root}/core/not-there.ts:1:1)`))).toEqual([]);
    expect(framesOf(at(`    at f (${root}/package.json:1:1)`))).toEqual([]);
  });
  test('are read in every form in which V8 writes them', () => {
    const file = `file://${root}/core/engine.ts`;
    const text = ['f (', 'async f (', 'new F (', 'Object.<anonymous> (', 'f [as g (h)] ('].map(
      (name) => `    at ${name}${file}:1:1)`,
    );
    expect(framesOf(at([...text, `    at ${file}:2:1`, `    at async ${file}:1:1`].join('\n')))).toHaveLength(7);
  });
  test('tell no place that the file does not have', () => {
    const file = `${root}/core/engine.ts`;
    for (const place of ['604822:1', '1:604822', '0:1', '1:0', '999999999:1', '-1:1', '1e3:1']) {
      expect(framesOf(at(`    at f (${file}:${place})`))).toEqual([]);
    }
  });
  test('that stand in a message are none', () => {
    const fake = `Maria\n    at Maria (${root}/core/engine.ts:3:1)`;
    expect(framesOf(new Error(fake))).toEqual([]);
    const cause = new Error('outer', { cause: new TypeError(fake) });
    expect(framesOf(cause)).toEqual([]);
    const renamed = new Error(fake);
    renamed.message = 'something else';
    expect(framesOf(renamed)).toEqual([]);
  });
  test('are those of the deepest cause that has any', () => {
    const inner = ours();
    const wrapped = new Error('outer', { cause: new Error('middle', { cause: inner }) });
    expect(framesOf(wrapped)).toEqual(framesOf(inner));
    expect(framesOf(Object.assign(ours(), { cause: { name: 'Maria' } }))).toEqual(framesOf(inner));
  });
  test('end where causes go in a circle', () => {
    const a: Error & { cause?: unknown } = ours();
    const b = new Error('b', { cause: a });
    a.cause = b;
    expect(framesOf(b)).toHaveLength(framesOf(ours()).length);
  });
  test('are at most twenty', () => {
    expect(framesOf(at(`    at f (${root}/core/engine.ts:1:1)\n`.repeat(100)))).toHaveLength(20);
  });
  test('in a program that was built are named by the list it is given', () => {
    const modules = createModules({ root: path.join(root, 'core/support'), files: ['frames.ts'] });
    const stack = at(`    at f (${root}/core/support/frames.ts:1:1)\n    at f (${root}/core/support/sink.ts:1:1)`);
    expect(framesOf(stack, modules)).toEqual([{ module: 'frames.ts', line: 1, column: 1 }]);
  });
});

test('the list of our files has what is there, and nothing else', () => {
  for (const name of ['core/engine.ts', 'core/cli/rollbook.mjs', 'core/support/frames.ts']) {
    expect(ownModules().has(name)).toBe(true);
  }
  for (const name of [
    'test/support/frames.test.ts',
    'core',
    'core/',
    '',
    'core/support/no-output.grit',
    'constructor',
  ]) {
    expect(ownModules().has(name)).toBe(false);
  }
});

describe('what was thrown', () => {
  test('is a failure’s code, the system’s, or a kind', () => {
    for (const code of FAILURE_CODES) expect(codeOf(new Failure(code, 'Maria'))).toBe(code);
    const system = (code: string): Error => Object.assign(new Error('Maria'), { code });
    expect(
      ['ENOSPC', 'SQLITE_CONSTRAINT_UNIQUE', 'SQLITE_FULL', 'E_MARIA'].map((code) => codeOf(system(code))),
    ).toEqual(['ENOSPC', 'SQLITE_CONSTRAINT', 'SQLITE_FULL', 'error']);
    expect(codeOf(thrownBy(() => JSON.parse('Maria')))).toBe('syntax-error');
    expect(
      [new TypeError(), new RangeError(), new ReferenceError(), new Error(), 'Maria', null, {}].map(codeOf),
    ).toEqual([
      'type-error',
      'range-error',
      'reference-error',
      'error',
      'not-an-error',
      'not-an-error',
      'not-an-error',
    ]);
  });
});

describe('a hostile thing that was thrown', () => {
  test.each(hostileThings())('gives no text, and none of its code runs: %s', (_, make) => {
    const { value, ran } = make();
    const frames = framesOf(value);
    expect(frames.map(({ module }) => module).filter((module) => !ownModules().has(module))).toEqual([]);
    expect(JSON.stringify([frames, codeOf(value)])).not.toMatch(/maria/i);
    expect(ran()).toBe(0);
  });
  test('whatever it is, is told in words of the lists', () => {
    fc.assert(
      fc.property(thrown, (make) => {
        const value = make();
        const frames: Frame[] = framesOf(value);
        for (const { module, line, column } of frames) {
          expect(ownModules().has(module)).toBe(true);
          expect(line).toBeGreaterThan(0);
          expect(column).toBeGreaterThan(0);
        }
        expect(codeOf(value)).toMatch(/^([a-z]+(-[a-z]+)*|[A-Z_]+)$/);
      }),
    );
  });
});
