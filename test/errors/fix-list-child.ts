/** Writes more of a fix list than the shell that started it lets it (`ulimit -f`), and prints the failure. */
import { isFailure } from '../../core/errors/failure.ts';
import type { FixListEntry } from '../../core/errors/fix-list.ts';
import { writeFixList } from '../../core/errors/fix-list-files.ts';

async function* entries(): AsyncGenerator<FixListEntry> {
  for (let n = 0; n < 5_000; n++) {
    yield {
      school: undefined,
      resource: 'students',
      title: 'birthDate is missing',
      property: 'birthDate',
      value: undefined,
      fix: 'Fill it in.',
      who: 'sis',
      file: 'users.csv',
      row: n + 2,
      table: undefined,
      cells: undefined,
      held: 0,
      identifiers: [{ name: 'studentUniqueId', value: crypto.randomUUID() }],
    };
  }
}

const [out = '', format] = process.argv.slice(2);
try {
  await writeFixList({
    entries: entries(),
    format: format === 'xlsx' ? 'xlsx' : 'csv',
    out,
    perSchool: false,
    notice: '',
  });
} catch (thrown) {
  process.stdout.write(isFailure(thrown) ? `${thrown.code}: ${thrown.message}` : String(thrown));
}
