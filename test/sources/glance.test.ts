/** What is passed over in a file that is known from another day is what stands in it; everything else is given. */
import fc from 'fast-check';
import { afterEach, expect, test } from 'vitest';
import { openSource } from '../../core/sources/oneroster/open.ts';
import type { Glance, RowGroup, RowPrint } from '../../core/sources/types.ts';
import { export12, readAll, removeFolders, writeFolder } from './exports.ts';

afterEach(removeFolders);

const COLUMNS = ['sourcedId', 'userSourcedId', 'endDate'];
const [HEADER = ''] = String(export12()['enrollments.csv']).split('\n');

/** What is known of a file: its rows' prints, in order, and the groups that some of them are, by their first row. */
interface Book {
  header: string;
  readonly prints: string[];
  readonly groups: Map<number, RowGroup>;
}

const printOf = ({ low, high }: Pick<RowPrint, 'low' | 'high'>): string => `${low} ${high}`;

/** Reads the enrolments of a folder, with what is known of them; notes which row of the book each row was taken for. */
async function glanceAt(folder: string, before?: Book) {
  const book: Book = { header: '', prints: [], groups: new Map() };
  const source = await openSource(folder);
  const passed = new Map<number, number>();
  let groupsMet = 0;
  let next = 0;
  const glance: Glance = {
    key: [1, 2],
    begin: (low, high) => {
      book.header = printOf({ low, high });
    },
    ready: async () => undefined,
    expected: () => before?.groups.get(next),
    meetExpected: (number) => {
      const group = before?.groups.get(next) as RowGroup;
      book.groups.set(book.prints.length, group);
      for (let i = 0; i < group.rows; i += 1) {
        passed.set(number + i, next + i);
        book.prints.push(before?.prints[next + i] as string);
      }
      next += group.rows;
      groupsMet += 1;
    },
    isKnown: (print, number) => {
      book.prints.push(printOf(print));
      const row = before?.prints.indexOf(printOf(print)) ?? -1;
      if (row === -1) return false;
      passed.set(number, row);
      next = row + 1;
      return true;
    },
    group: (group) => void book.groups.set(book.prints.length - group.rows, group),
    repeated: async () => undefined,
    giveUp: () => undefined,
  };
  const given = new Map<number, readonly string[]>();
  for await (const { rows, numbers } of source.read('enrollments', COLUMNS, undefined, glance)) {
    for (const [i, row] of rows.entries()) given.set(numbers[i] as number, row);
  }
  const { rows: all } = await readAll(source, 'enrollments', COLUMNS);
  await source.close();
  return { book, passed, given, all, groupsMet };
}

const write = (rows: readonly string[], end = '\n', folder?: string, encoding: BufferEncoding = 'utf8') => {
  const text = Buffer.from([HEADER, ...rows].join(end), encoding);
  return writeFolder(
    folder === undefined ? { ...export12(), 'enrollments.csv': text } : { 'enrollments.csv': text },
    folder,
  );
};

const place = (id: number | string, note = ''): string => `e${id},,,c1,o2,u1,student,false,2026-08-17,${note}`;

interface Edit {
  readonly kind: 'changed' | 'longer' | 'gone' | 'new' | 'moved' | 'blank';
  readonly at: number;
}
const edit: fc.Arbitrary<Edit> = fc.record({
  kind: fc.constantFrom('changed', 'longer', 'gone', 'new', 'moved', 'blank'),
  at: fc.nat(999),
});

/** Does to rows what a day may do to them. */
function change(rows: string[], edits: readonly Edit[], day: string): void {
  for (const [nth, { kind, at }] of edits.entries()) {
    const one = at % Math.max(1, rows.length);
    if (kind === 'new') rows.splice(one, 0, place(`-${day}-${nth}`));
    else if (kind === 'blank') rows.splice(one, 0, '');
    else if (rows.length === 0) continue;
    else if (kind === 'gone') rows.splice(one, 1);
    else if (kind === 'moved') rows.push(...rows.splice(one, 1));
    else {
      // The last field, too: a file without a line end at its end may go on with it.
      const place = kind === 'longer' ? rows.length - 1 : one;
      if (rows[place] !== '') rows[place] += `${day}`;
    }
  }
}

test('every row of another day is given, or passed over as the row that it is', async () => {
  let groups = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 90 }),
      fc.array(fc.record({ edits: fc.array(edit, { maxLength: 4 }), ends: fc.boolean() }), {
        minLength: 1,
        maxLength: 4,
      }),
      fc.constantFrom('\n', '\r\n'),
      async (count, days, end) => {
        const rows = Array.from({ length: count }, (_, n) => place(n));
        const folder = await write([...rows, ''], end);
        let before = await glanceAt(folder);
        expect(before.given.size).toBe(count);
        let known = before.all.map((row) => [...row]);
        for (const [day, { edits, ends }] of days.entries()) {
          change(rows, edits, `${day}`);
          await write([...rows, ...(ends ? [''] : [])], end, folder);
          const today = await glanceAt(folder, before.book);
          groups += today.groupsMet;
          // What became of each row of the file: a blank line is none, given or passed over.
          const now = rows.map((_, at) => [
            ...(today.given.get(at + 2) ?? known[today.passed.get(at + 2) ?? -1] ?? []),
          ]);
          expect(now.filter((row) => row.length > 0)).toEqual(today.all);
          before = today;
          known = now;
        }
      },
    ),
    { numRuns: 25 },
  );
  expect(groups).toBeGreaterThan(10);
});

test('a file that is as it was is passed over in groups, day after day, all but what may go on', async () => {
  for (const end of ['\n', '\r\n']) {
    const rows = Array.from({ length: 50 }, (_, n) => place(n));
    const whole = await write([...rows, ''], end);
    let { book } = await glanceAt(whole);
    for (let day = 0; day < 3; day += 1) {
      const again = await glanceAt(whole, book);
      expect([...again.passed.values()]).toEqual(rows.map((_, row) => row));
      expect(again.given.size).toBe(0);
      expect([...again.book.groups.values()].reduce((sum, group) => sum + group.rows, 0)).toBe(50);
      book = again.book;
    }
    const open = await glanceAt(await write(rows, end));
    const [start = 0, last] = [...open.book.groups].at(-1) ?? [];
    expect(start + (last?.rows ?? 0)).toBeLessThan(50);
  }
});

test('the same bytes below a header mean something else in another encoding, and under another header', async () => {
  const rows = [place(1, 'Ã©'), ''];
  const plain = await glanceAt(await write(rows));
  expect((await glanceAt(await write(rows))).book.header).toBe(plain.book.header);
  // One byte that is no UTF-8, in another row, and all of the file is read as Windows-1252.
  const bytes = Buffer.concat([
    Buffer.from(`${HEADER}\n${rows.join('\n')}`),
    Buffer.from(place(2, '\xe9\n'), 'latin1'),
  ]);
  const other = await glanceAt(await writeFolder({ ...export12(), 'enrollments.csv': bytes }), plain.book);
  expect(other.book.prints[0]).toBe(plain.book.prints[0]);
  expect(other.book.header).not.toBe(plain.book.header);
  const folder = await write(rows);
  const swapped = HEADER.replace('beginDate', 'x').replace('endDate', 'beginDate').replace('x', 'endDate');
  await writeFolder({ 'enrollments.csv': [swapped, ...rows].join('\n') }, folder);
  expect((await glanceAt(folder)).book.header).not.toBe(plain.book.header);
});
