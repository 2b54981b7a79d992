/** `rollbook connect export` and `import`: a connection as a file, without key and secret. */
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Command } from 'commander';
import { Failure } from '../../errors/failure.ts';
import { printSaved, readText, type SecretOptions, secretOf } from '../connection-options.ts';
import { Exit } from '../exit.ts';
import { dataOption, type Shared } from '../options.ts';
import { act, command } from '../run.ts';
import { jsonLine, out, printable, wrap } from '../terminal.ts';
import { withEngine, withTest } from '../with-engine.ts';

interface ExportOptions extends Shared {
  readonly out?: string;
}

async function write(options: ExportOptions, [name = '']: readonly string[]): Promise<number> {
  const document = await withEngine(options, (engine) => engine.call('connections.export', { name }));
  if (options.out === undefined) {
    out(JSON.stringify(document, undefined, 2));
    return Exit.ok;
  }
  try {
    writeFileSync(options.out, `${JSON.stringify(document, undefined, 2)}\n`);
  } catch {
    throw new Failure('usage', `The file ${path.basename(options.out)} cannot be written. Choose another place.`);
  }
  const file = path.basename(options.out);
  if (options.json) jsonLine({ type: 'exported', file });
  else out(wrap(`The connection "${printable(name)}" is written to ${printable(file)}, without key and secret.`));
  return Exit.ok;
}

interface ImportOptions extends Shared, SecretOptions {
  readonly name?: string;
  readonly key?: string;
  readonly mapping?: string;
  readonly replace?: boolean;
  readonly test: boolean;
}

/** @throws Failure `usage`; never with a word of the file */
function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new Failure('usage', 'This is no exported connection. Choose a file that Rollbook exported.');
  }
}

async function read(options: ImportOptions, [file = '']: readonly string[]): Promise<number> {
  const { name, key, mapping, replace = false, test } = options;
  const document = parse(readText(file));
  // Without a key it can only replace one that is there, which has its secret.
  const given = key === undefined ? {} : { key, ...(await secretOf(options)) };
  const imported = await withTest(options, (engine) =>
    engine.call('connections.import', {
      document,
      replace,
      test,
      ...given,
      ...(name === undefined ? {} : { name }),
      ...(mapping === undefined ? {} : { mapping }),
    }),
  );
  printSaved(options, imported, `The connection "${printable(imported.connection.name)}" is saved.`);
  if (options.json !== true) for (const sentence of imported.replaced) out(wrap(printable(sentence), '  - '));
  return Exit.ok;
}

/** @returns the commands, to be put under `rollbook connect` */
export function fileCommands(): Command[] {
  const exporting = command('export', 'Writes a connection as a file, without key and secret.')
    .argument('<name>', 'name of the connection')
    .option('--out <file>', 'the file; without it, the export goes to the output')
    .addOption(dataOption());
  const importing = command('import', 'Adds a connection from an exported file, or replaces the choices of one.')
    .argument('<file>', 'the exported file')
    .option('--name <name>', 'a name for it; the one in the file unless told')
    .option('--key <key>', 'the key, for a new connection')
    .option('--secret-file <file>', 'read the secret from this file, now and at each sync')
    .option('--mapping <file>', 'the mapping file of your own that belongs to it')
    .option('--replace', 'replace the choices of the connection with this name; its key, secret and ledger stay')
    .option('--no-test', 'save without testing')
    .addOption(dataOption());
  return [act<ExportOptions>(exporting, write), act<ImportOptions>(importing, read)];
}
