/** `rollbook support-bundle`: what support gets, looked at and written. */
import { existsSync } from 'node:fs';
import path from 'node:path';
import { type Command, Option } from 'commander';
import pc from 'picocolors';
import { Failure } from '../../errors/failure.ts';
import { Exit } from '../exit.ts';
import { dataOption, type Shared } from '../options.ts';
import { act, command } from '../run.ts';
import { jsonLine, number, out, printable, printableLines, table, wrap } from '../terminal.ts';
import { withEngine } from '../with-engine.ts';

interface Options extends Shared {
  readonly out?: string;
  readonly preview?: boolean;
  readonly force?: boolean;
}

interface Listed {
  readonly name: string;
  readonly bytes: number;
}

const listOf = (files: readonly Listed[]): string =>
  table([['file', 'bytes'], ...files.map(({ name, bytes }) => [name, number(bytes)])], [1]);

async function preview(options: Options): Promise<number> {
  const { files } = await withEngine(options, (engine) => engine.call('support.preview', {}));
  if (options.json) {
    for (const file of files) jsonLine({ type: 'preview', ...file });
    return Exit.ok;
  }
  out('Exactly this would be in the bundle:');
  out(listOf(files));
  for (const { name, text } of files) {
    out();
    out(pc.bold(pc.cyan(name)));
    out(printableLines(text.trimEnd()));
  }
  return Exit.ok;
}

async function save(options: Options, target: string): Promise<number> {
  const name = printable(path.basename(target));
  if (existsSync(target) && options.force !== true) {
    throw new Failure('usage', `The file ${name} is there already. Choose another name, or replace it with --force.`);
  }
  const made = await withEngine(options, (engine) => engine.call('support.save', { out: path.resolve(target) }));
  if (options.json) {
    jsonLine({ type: 'bundle', ...made });
    return Exit.ok;
  }
  out(listOf(made.files));
  out();
  out(`${printable(made.file)}: ${number(made.bytes)} bytes`);
  out(`SHA-256 ${made.sha256}`);
  out(wrap('It holds no personal data, and no name of yours: --preview shows every line of it.'));
  return Exit.ok;
}

async function supportBundle(options: Options): Promise<number> {
  if (options.preview === true) return preview(options);
  if (options.out !== undefined) return save(options, options.out);
  throw new Failure('usage', 'Name the file with --out, or look at what it would hold with --preview.');
}

/** @returns `rollbook support-bundle` */
export function supportBundleCommand(): Command {
  const made = command('support-bundle', 'Writes a zip file for support, without any personal data.')
    .option('--out <file>', 'the zip file')
    .addOption(new Option('--preview', 'show every line it would hold, and write nothing').conflicts('out'))
    .option('--force', 'replace the file where it is there already')
    .addOption(dataOption())
    .addHelpText(
      'after',
      `
Everything in it is out of a closed list of facts: times, counts, codes, names
of the Ed-Fi model. It is searched once more for what is in your records before
it is written. The page in it, index.html, is for people to read.

Examples:
  rollbook support-bundle --preview
  rollbook support-bundle --out ~/rollbook-support.zip`,
    );
  return act<Options>(made, supportBundle);
}
