/** A plan as a person reads it: what would be created, changed and deleted, resource by resource. */
import pc from 'picocolors';
import type { PlanView, ResourcePlanView } from '../contract/schemas.ts';
import { columns, cut, number, out, plural, printable, table, tableWidth, wrap } from './terminal.ts';

/** Resources as people see them: without the namespace where it is Ed-Fi's own. */
export const shortName = (resource: string): string => resource.replace(/^ed-fi\//, '');

type Count = 'creates' | 'updates' | 'deletes' | 'unchanged' | 'rejected' | 'held' | 'failedBefore' | 'skipped';

/** In the order of the table. What a plan is about is always shown; the rest where there is some. */
const COLUMNS: readonly { readonly of: Count; readonly head: string; readonly always: boolean }[] = [
  { of: 'creates', head: 'create', always: true },
  { of: 'updates', head: 'update', always: true },
  { of: 'deletes', head: 'delete', always: true },
  { of: 'unchanged', head: 'unchanged', always: false },
  { of: 'rejected', head: 'rejected', always: false },
  { of: 'held', head: 'held', always: false },
  { of: 'failedBefore', head: 'failed', always: false },
  { of: 'skipped', head: 'skipped', always: false },
];

const LEGEND: Partial<Record<Count, string>> = {
  rejected: 'does not pass the checks here',
  held: 'waits for a record that is rejected or was refused',
  failedBefore: 'refused by the API before and not changed since; --retry sends it again',
  skipped: 'in the API already, or twice the same in the export',
};

const sum = (rows: readonly ResourcePlanView[], of: Count): number => rows.reduce((total, row) => total + row[of], 0);
const cell = (value: number): string => (value === 0 ? pc.dim('·') : number(value));

/** Long resource names as the field shortens them, for terminals on which they do not fit. */
const abbreviated = (name: string): string =>
  name.replace('EducationOrganization', 'EdOrg').replace(/Associations$/, 'Assoc.');

/** @param samples whether to show where the records to be created and updated come from */
export function printPlan(plan: PlanView, samples: boolean): void {
  const rows = plan.resources.filter((row) => COLUMNS.some(({ of }) => row[of] > 0));
  out(`${pc.bold('Plan')}${pc.dim(' (nothing has been sent yet)')}`);
  if (rows.length === 0) {
    out('The export holds nothing to send.');
    out();
    return;
  }
  const shown = COLUMNS.filter(({ of, always }) => always || sum(rows, of) > 0);
  out(fitting(rows, shown));
  for (const { of, head } of shown) {
    const meaning = LEGEND[of];
    if (meaning !== undefined) out(pc.dim(wrap(meaning, `${head}: `)));
  }
  out();
  if (samples || plan.guard.length > 0) printSamples(rows);
  for (const sentence of plan.guard) out(wrap(sentence, `${pc.yellow('!')} `));
  if (plan.guard.length > 0) out();
}

/** The table with as much room and as full names as the terminal has columns for. */
function fitting(rows: readonly ResourcePlanView[], shown: typeof COLUMNS): string {
  const right = shown.map((_, index) => index + 1);
  const draw = (name: (resource: string) => string, gap: number): string =>
    table(
      [
        ['', ...shown.map(({ head }) => head)],
        ...rows.map((row) => [name(shortName(row.resource)), ...shown.map(({ of }) => cell(row[of]))]),
        ['in all', ...shown.map(({ of }) => number(sum(rows, of)))],
      ],
      right,
      gap,
    );
  const room = columns();
  for (const [name, gap] of [
    [(full: string) => full, 2],
    [abbreviated, 2],
    [abbreviated, 1],
  ] as const) {
    const drawn = draw(name, gap);
    if (tableWidth(drawn) <= room) return drawn;
  }
  const names = Math.max(...rows.map((row) => abbreviated(shortName(row.resource)).length));
  const excess = tableWidth(draw(abbreviated, 1)) - room;
  return draw((full) => cut(abbreviated(full), Math.max(12, names - excess)), 1);
}

/** A record that would be deleted, where the last export had it. */
export interface Deleted {
  readonly resource: string;
  readonly places: readonly { readonly file: string; readonly row: number }[];
  /** Samples that the last export does not have. */
  readonly lost: number;
}

/** @param deleted by resource, as found after the plan was made */
export function printDeleted(deleted: readonly Deleted[]): void {
  if (deleted.length === 0) return;
  out();
  out(pc.dim('To be deleted, for example, as the last export that was sent had them'));
  const lines = deleted.map(({ resource, places, lost }) => {
    const others = lost === 0 ? '' : `${plural(lost, 'record')} of which it knows nothing`;
    return ['  delete', abbreviated(shortName(resource)), [...wheresOf(places), others].filter(Boolean).join('; ')];
  });
  for (const line of table([['', '', ''], ...lines])
    .split('\n')
    .slice(1))
    out(cut(line, columns()));
}

/** `users.csv rows 3, 7`, one for each file */
const wheresOf = (places: Deleted['places']): string[] =>
  [...new Set(places.map(({ file }) => file))].map((file) => {
    const rows = [...new Set(places.filter((one) => one.file === file).map(({ row }) => row))];
    return `${printable(file)} row${rows.length === 1 ? '' : 's'} ${rows.join(', ')}`;
  });

function printSamples(rows: readonly ResourcePlanView[]): void {
  const lines = rows.flatMap((row) =>
    (['create', 'update'] as const).flatMap((kind) => {
      const found = row.samples[kind];
      if (found.length === 0) return [];
      const [where = ''] = wheresOf(found);
      return [[`  ${kind}`, abbreviated(shortName(row.resource)), where]];
    }),
  );
  if (lines.length === 0) return;
  out(pc.dim('For example'));
  for (const line of table([['', '', ''], ...lines])
    .split('\n')
    .slice(1))
    out(cut(line, columns()));
  out();
}
