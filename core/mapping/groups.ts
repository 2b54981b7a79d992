/** The rows of a view that gathers, while it is made. */
import { asText, keyOf } from './expressions.ts';
import type { GroupViewPlan } from './plan.ts';
import { type Evaluate, type Frame, newRow, type Row } from './runtime.ts';
import { listSeparator } from './transforms.ts';

/** The value of a view's column. */
export const cell = (evaluate: Evaluate, frame: Frame): string => {
  const value = evaluate(frame);
  return Array.isArray(value) ? value.join(listSeparator) : (asText(value) ?? '');
};

type Gathered = string | undefined | Set<string> | number;

export interface Group {
  readonly values: readonly string[];
  readonly number: number;
  readonly gathered: Gathered[];
}

/** What a row added: its group, and what was gathered of it. */
export interface GroupUse {
  readonly group: Group;
  readonly gathered: readonly (string | undefined)[];
}

export interface Groups {
  /** Whether it matters how often a row says the same. */
  readonly counts: boolean;
  add(frame: Frame): GroupUse;
  /** The group of these values. @param number of the row, where it is the first of them */
  group(values: readonly string[], number: number): Group;
  /** Adds a value to what is gathered of a group at `at`. */
  gather(group: Group, at: number, value: string | undefined): void;
  rows(): Row[];
}

/** @param view what to group by and what to gather */
export const createGroups = ({ keys, gathered }: GroupViewPlan): Groups => {
  const groups = new Map<string, Group>();
  const groupOf = (values: readonly string[], number: number): Group => {
    const key = keyOf(values);
    let group = groups.get(key);
    if (group === undefined) {
      group = {
        values,
        number,
        gathered: gathered.map(({ how }) => (how === 'list' ? new Set() : how === 'count' ? 0 : undefined)),
      };
      groups.set(key, group);
    }
    return group;
  };
  const gather = (group: Group, at: number, value: string | undefined): void => {
    const before = group.gathered[at];
    const { how } = gathered[at]!;
    if (how === 'count') group.gathered[at] = (before as number) + 1;
    else if (value === undefined) return;
    else if (how === 'list') (before as Set<string>).add(value);
    else if (
      before === undefined ||
      (how === 'min' && value < String(before)) ||
      (how === 'max' && value > String(before))
    )
      group.gathered[at] = value;
  };

  return {
    counts: gathered.some(({ how }) => how === 'count'),
    add: (frame) => {
      const group = groupOf(
        keys.map((key) => cell(key, frame)),
        frame.rows[0]!.number,
      );
      const values = gathered.map(({ how, evaluate }) => (how === 'count' ? undefined : asText(evaluate(frame))));
      for (let at = 0; at < values.length; at += 1) gather(group, at, values[at]);
      return { group, gathered: values };
    },
    group: groupOf,
    gather,
    rows: () =>
      [...groups.values()].map(({ values, number, gathered: results }) =>
        newRow(
          [
            ...values,
            ...results.map((result) =>
              result instanceof Set ? [...result].sort().join(listSeparator) : String(result ?? ''),
            ),
          ],
          number,
        ),
      ),
  };
};
