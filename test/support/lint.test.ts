/** Planted violations: what only the linter stands against is tried, each time the linter or its rules change. */
import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';

const biome = createRequire(import.meta.url).resolve('@biomejs/biome/bin/biome');
const root = path.join(import.meta.dirname, '../..');

const PRINTS = {
  'process.stdout': "export const x = (): unknown => process.stdout.write('');",
  'process.stderr': "export const x = (): unknown => process.stderr.write('');",
  'by index': "export const x = (): unknown => process['stdout'];",
  'taken apart': 'const { stdout } = process;\nexport const x = stdout;',
  'by the global object': 'export const x = globalThis.process;',
  imported: "import { stdout } from 'node:process';\nexport const x = stdout;",
  'imported whole': "import it from 'node:process';\nexport const x = it;",
  'imported console': "import { Console } from 'node:console';\nexport const x = Console;",
  'a warning': "export const x = (): unknown => process.emitWarning('');",
  'a debug print': "export const x = (): unknown => process._rawDebug('');",
  'by number': "import { writeSync } from 'node:fs';\nexport const x = (): unknown => writeSync(1, '');",
  console: "export const x = (): unknown => console.log('');",
};

/** Files to plant; those that have to be refused, and those that must not. */
const REFUSED: Record<string, string> = {};
const ALLOWED: Record<string, string> = {};
for (const [index, text] of Object.values(PRINTS).entries()) {
  for (const folder of ['core/sync', 'core/support', 'electron/main', 'renderer/screens']) {
    REFUSED[`${folder}/planted-${index}.ts`] = text;
  }
  ALLOWED[`core/cli/planted-${index}.ts`] = text;
}
const imports = (what: string): string => `import { it } from '${what}';\nexport const x = it;`;
for (const what of [
  'ledger/ledger',
  'sync/sync',
  'edfi/client',
  'sources/csv',
  'mapping/run',
  'sandbox/server',
  'cli/terminal',
]) {
  REFUSED[`core/support/imports-${what.replace('/', '-')}.ts`] = imports(`../${what}.ts`);
}
for (const what of ['sink', 'reading', 'log-writer', 'private-folder', 'bundle/content']) {
  REFUSED[`core/sync/imports-${what.replace('/', '-')}.ts`] = imports(`../support/${what}.ts`);
  REFUSED[`core/ledger/imports-${what.replace('/', '-')}.ts`] = imports(`../support/${what}.ts`);
}
for (const what of ['errors/failure', 'contract/schemas', 'edfi/model', 'sources/oneroster/columns']) {
  ALLOWED[`core/support/imports-${what.replaceAll('/', '-')}.ts`] = imports(`../${what}.ts`);
}
for (const what of ['events', 'fields', 'lists', 'words', 'frames']) {
  ALLOWED[`core/sync/imports-${what}.ts`] = imports(`../support/${what}.ts`);
  ALLOWED[`core/connections/imports-${what}.ts`] = imports(`../support/${what}.ts`);
}
ALLOWED['core/sync/process.ts'] = 'export const x = [process.argv, process.platform, process.pid];';

describe('the linter', () => {
  const refused = new Set<string>();
  beforeAll(() => {
    const folder = mkdtempSync(path.join(tmpdir(), 'rollbook-lint-'));
    try {
      mkdirSync(path.join(folder, 'core/support'), { recursive: true });
      for (const name of ['biome.json', '.gitignore', 'core/support/no-output.grit']) {
        copyFileSync(path.join(root, name), path.join(folder, name));
      }
      for (const [name, text] of Object.entries({ ...REFUSED, ...ALLOWED })) {
        mkdirSync(path.join(folder, path.dirname(name)), { recursive: true });
        writeFileSync(path.join(folder, name), `${text}\n`);
      }
      const run = spawnSync(process.execPath, [biome, 'lint', '--reporter=json', '--max-diagnostics=none', '.'], {
        cwd: folder,
        encoding: 'utf8',
      });
      const report = JSON.parse(run.stdout) as { diagnostics: { severity: string; location: { path: string } }[] };
      for (const { severity, location } of report.diagnostics) {
        if (severity === 'error') refused.add(location.path.split(path.sep).join('/'));
      }
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });

  test('refuses what prints outside of the command line, and what reaches past the layers', () => {
    expect(Object.keys(REFUSED).filter((name) => !refused.has(name))).toEqual([]);
  });
  test('leaves alone what may', () => {
    expect(Object.keys(ALLOWED).filter((name) => refused.has(name))).toEqual([]);
  });
});
