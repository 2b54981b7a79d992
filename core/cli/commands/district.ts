/** `rollbook district`: a fictional district's export. */
import type { Command } from 'commander';
import { Exit } from '../exit.ts';
import { oneOf, type Shared, whole } from '../options.ts';
import { act, command } from '../run.ts';
import { jsonLine, number, out, plural, table } from '../terminal.ts';

interface Options extends Shared {
  readonly out: string;
  readonly students: number;
  readonly seed: number;
  readonly day: 1 | 2;
  readonly clean?: boolean;
  readonly oneroster: '1.1' | '1.2';
}

async function district(options: Options): Promise<number> {
  const { writeDistrict } = await import('../../sandbox/district/generate.ts');
  const written = await writeDistrict({
    out: options.out,
    students: options.students,
    seed: options.seed,
    day: options.day,
    clean: options.clean === true,
    version: options.oneroster,
  });
  if (options.json) {
    jsonLine({ type: 'district', ...written });
    return Exit.ok;
  }
  out(table([['file', 'rows'], ...Object.entries(written.rows).map(([file, rows]) => [file, number(rows)])], [1]));
  const changes = Object.entries(written.changes).filter(([, count]) => count > 0);
  if (changes.length > 0) {
    out();
    out(table([['changed since day 1', ''], ...changes.map(([kind, count]) => [kind, number(count)])], [1]));
  }
  if (written.dirt.length > 0) {
    out();
    out(`${plural(written.dirt.length, 'row')} of dirt, as real exports have; --clean leaves it out.`);
  }
  return Exit.ok;
}

/** @returns `rollbook district` */
export function districtCommand(): Command {
  const made = command(
    'district',
    "Writes a fictional district's OneRoster export; the same options give the same bytes.",
  )
    .requiredOption('--out <dir>', 'folder to write to: new, empty, or with an earlier export of this command')
    .option('--students <n>', 'how many students', whole(1, 1_000_000), 300)
    .option('--seed <n>', 'another number is another district', whole(0, 2_147_483_647), 1)
    .option('--day <n>', '1, or 2 for the export of the next day', whole(1, 2), 1)
    .option('--clean', 'without the dirt that real exports have')
    .option('--oneroster <version>', '1.1 or 1.2', oneOf('1.1', '1.2'), '1.2');
  return act<Options>(made, district);
}
