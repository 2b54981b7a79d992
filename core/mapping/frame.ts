/** How the rows that belong together are brought into one frame, and what is wrong with them is told. */
import { rootTable, type ScopePlan, type StepPlan } from './plan.ts';
import {
  absentRow,
  emptyRow,
  type Frame,
  laterRow,
  lookUp,
  missingRow,
  newRow,
  type Row,
  type RunValues,
  report,
} from './runtime.ts';

/** Tells, with the record at hand, the problems of a row that comes with it. */
const tellInherited = (frame: Frame, row: Row): void => {
  if (row.issues === undefined) return;
  row.inherited ??= row.issues.map((issue) => ({ ...issue, inherited: true }));
  for (const issue of row.inherited) report(frame, issue);
};

/** An empty frame for a scope; reused from row to row. */
export const frameFor = (scope: ScopePlan, run: RunValues): Frame => ({
  rows: Array.from({ length: scope.slots }, () => emptyRow),
  run,
  resolve: (frame, slot) => {
    const step = scope.steps.find((one) => one.slot === slot);
    const key = step?.kind === 'join' ? step.key(frame) : undefined;
    const found = step?.kind === 'join' && key !== undefined ? lookUp(run, step.index.number, key) : undefined;
    const row = (found as Row | undefined) ?? emptyRow;
    frame.rows[slot] = row;
    tellInherited(frame, row);
    return row;
  },
  sourceId: '',
  issues: undefined,
  warnings: undefined,
  frozen: undefined,
  collecting: undefined,
});

export const passes = (conditions: readonly ((frame: Frame) => boolean)[], frame: Frame): boolean => {
  for (const condition of conditions) if (!condition(frame)) return false;
  return true;
};

/** Tells the problems of the rows that are joined in a frame: its own first, then those that come with others' rows. */
export const tellRowIssues = (scope: ScopePlan, frame: Frame): void => {
  const own = frame.rows[0]!.issues;
  if (own !== undefined) for (const issue of own) report(frame, issue);
  for (const step of scope.steps) {
    const row = frame.rows[step.slot]!;
    if (row === missingRow && step.kind === 'join') {
      const value = step.key(frame);
      report(frame, {
        code: 'row-missing',
        path: '',
        table: step.table,
        column: step.column,
        ...(value === undefined ? {} : { value }),
      });
    } else if (row === absentRow && frame.issues === undefined) {
      // Where something else is missing already, the empty value follows from it.
      report(frame, { code: 'value-missing', path: '', table: rootTable(scope.source).name, column: step.column });
    } else tellInherited(frame, row);
  }
};

/** Joins the rows that belong to the one in slot 0, and calls `emit` for every combination that passes. */
export const expand = (steps: readonly StepPlan[], start: number, frame: Frame, emit: () => void): void => {
  for (let at = start; at < steps.length; at += 1) {
    const step = steps[at]!;
    let row: Row | undefined;
    if (step.kind === 'join') {
      if (step.missing === 'empty' && !step.many && step.conditions.length === 0) {
        frame.rows[step.slot] = laterRow;
        continue;
      }
      const key = step.key(frame);
      const found = key === undefined ? undefined : lookUp(frame.run, step.index.number, key);
      if (found === undefined) {
        if (step.missing === 'drop') return;
        row = step.missing === 'empty' ? emptyRow : key === undefined ? absentRow : missingRow;
      } else if (!step.many) row = found as Row;
      else {
        const rows = found as readonly Row[];
        if (rows.length === 1) row = rows[0]!;
        else {
          for (const one of rows) {
            frame.rows[step.slot] = one;
            if (passes(step.conditions, frame)) expand(steps, at + 1, frame, emit);
          }
          return;
        }
      }
    } else {
      const items = step.items(frame);
      if (items.length === 0) {
        if (step.empty === 'drop') return;
        row = step.empty === 'keep' ? emptyRow : absentRow;
      } else if (items.length === 1) row = newRow([items[0]!], 0);
      else {
        for (const item of items) {
          frame.rows[step.slot] = newRow([item], 0);
          if (passes(step.conditions, frame)) expand(steps, at + 1, frame, emit);
        }
        return;
      }
    }
    frame.rows[step.slot] = row;
    if (!passes(step.conditions, frame)) return;
  }
  emit();
};
