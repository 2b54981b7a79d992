/** `rollbook fix-list`: what to correct in the SIS, as files. */
import path from 'node:path';
import type { Command } from 'commander';
import { Failure } from '../../errors/failure.ts';
import { Exit } from '../exit.ts';
import { connectionOption, dataOption, groupOption, oneOf, type Shared } from '../options.ts';
import { act, command } from '../run.ts';
import { jsonLine, out, plural, printable, wrap } from '../terminal.ts';
import { withEngine } from '../with-engine.ts';

type Format = 'csv' | 'xlsx';

interface Options extends Shared {
  readonly connection: string;
  readonly group?: string;
  readonly out: string;
  readonly perSchool?: boolean;
  readonly format?: Format;
}

/** @throws Failure `usage` where the file's ending says nothing, or something else */
function formatOf({ out: target, perSchool = false, format }: Options): Format {
  // A school opens its list in a spreadsheet.
  if (perSchool) return format ?? 'xlsx';
  const ending = path.extname(target).toLowerCase();
  const told = ending === '.csv' ? 'csv' : ending === '.xlsx' ? 'xlsx' : undefined;
  if (format !== undefined && told !== undefined && format !== told) {
    throw new Failure('usage', `The file ends in ${ending}, and --format says ${format}. Make them the same.`);
  }
  const chosen = format ?? told;
  if (chosen !== undefined) return chosen;
  throw new Failure('usage', 'Name a file that ends in .csv or .xlsx, or say which with --format.');
}

async function fixList(options: Options): Promise<number> {
  const { connection, group, perSchool = false } = options;
  const input = { connection, format: formatOf(options), perSchool, out: path.resolve(options.out) };
  const { files, rows } = await withEngine(options, (engine) =>
    engine.call('fixList.write', { ...input, ...(group === undefined ? {} : { group }) }),
  );
  if (options.json) {
    jsonLine({ type: 'fix-list', connection, files, rows, personal: true });
    return Exit.ok;
  }
  if (rows === 0) out('There is nothing to correct.');
  else out(`${plural(rows, 'row')} to correct, in ${plural(files.length, 'file')}:`);
  for (const file of files) out(`  ${printable(file)}`);
  if (rows > 0) {
    out(
      wrap(
        'This is personal data, out of the last export: keep it where such data may be kept, hand it on as your district allows, and delete it when the work is done.',
      ),
    );
  }
  return Exit.ok;
}

/** @returns `rollbook fix-list` */
export function fixListCommand(): Command {
  const made = command('fix-list', 'Writes what to correct in the SIS, row by row, as CSV or Excel.')
    .addOption(connectionOption())
    .addOption(groupOption('only this cause; all that are open unless told'))
    .requiredOption('--out <path>', 'the file (.csv or .xlsx); with --per-school, a folder')
    .option('--per-school', 'a file for each school')
    .option(
      '--format <format>',
      'csv or xlsx; as the file ends, and xlsx for schools, unless told',
      oneOf('csv', 'xlsx'),
    )
    .addOption(dataOption())
    .addHelpText(
      'after',
      `
The list holds personal data: it goes where you say, and nowhere else. A list
that is there already is replaced.

Examples:
  rollbook fix-list --connection state --out ~/to-correct.xlsx
  rollbook fix-list --connection state --out ~/schools --per-school`,
    );
  return act<Options>(made, fixList);
}
