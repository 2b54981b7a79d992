import type { ResourceName } from '../edfi/model.ts';
import type { Evaluate, Frame } from './runtime.ts';

/** What a compiled mapping is made of: where rows come from, how they are joined, and what is built of them. */

/** A table as it is read: every column that anything needs of it, in one order. */
export interface TablePlan {
  readonly kind: 'table';
  readonly name: string;
  readonly columns: string[];
  /** How many steps of a whole run read it from end to end. */
  scans: number;
}

/** A table as others join it: only the columns that they need, trimmed. */
export interface SlimPlan {
  readonly kind: 'slim';
  readonly table: TablePlan;
  /** Positions in the table's columns. */
  readonly sources: number[];
  cachePlaces: number;
}

export type Accumulate = 'min' | 'max' | 'first' | 'list' | 'count';

export interface ViewColumn {
  readonly name: string;
  readonly evaluate: Evaluate;
}

interface ViewBase {
  readonly kind: 'view';
  readonly name: string;
  /** The table at its root, by whose rows its own are numbered. */
  readonly table: TablePlan;
  cachePlaces: number;
}

export interface RowViewPlan extends ViewBase {
  readonly form: 'rows';
  readonly scope: ScopePlan;
  readonly columns: ViewColumn[];
  /** The first so many columns tell rows apart; undefined where all rows stay. */
  readonly distinct: number | undefined;
  /** Positions of its columns; -1 where nobody asks for it. */
  rank:
    | { readonly within: readonly number[]; readonly by: readonly number[]; readonly as: number; readonly of: number }
    | undefined;
}

export interface GroupViewPlan extends ViewBase {
  readonly form: 'group';
  readonly scope: ScopePlan;
  /** The group's own values come first in a row, the gathered ones after them. */
  readonly keys: readonly Evaluate[];
  readonly gathered: { readonly name: string; readonly how: Accumulate; readonly evaluate: Evaluate }[];
}

export interface UnionViewPlan extends ViewBase {
  readonly form: 'union';
  readonly members: readonly ViewPlan[];
  /** For each column, its position in each member. */
  readonly columns: { readonly name: string; readonly positions: readonly number[] }[];
  readonly distinct: number | undefined;
}

export type ViewPlan = RowViewPlan | GroupViewPlan | UnionViewPlan;

export interface IndexPlan {
  readonly number: number;
  readonly relation: SlimPlan | ViewPlan;
  /** Positions whose values make up the key. */
  readonly key: readonly number[];
  readonly many: boolean;
}

export type StepPlan = { readonly slot: number; conditions: readonly ((frame: Frame) => boolean)[] } & (
  | {
      readonly kind: 'join';
      readonly index: IndexPlan;
      readonly key: (frame: Frame) => string | undefined;
      readonly missing: 'empty' | 'drop' | 'issue';
      readonly many: boolean;
      /** For the report of a missing row. */
      readonly table: string;
      readonly column: string;
    }
  | {
      readonly kind: 'each';
      readonly items: (frame: Frame) => readonly string[];
      readonly empty: 'drop' | 'keep' | 'issue';
      readonly table: string;
      readonly column: string;
    }
);

export interface ScopePlan {
  readonly source: TablePlan | ViewPlan;
  readonly clean: boolean;
  /** How many rows a frame holds. */
  slots: number;
  /** Conditions on the source's own row. */
  conditions: readonly ((frame: Frame) => boolean)[];
  steps: readonly StepPlan[];
  /** Indexes that its steps and collections look into. */
  readonly indexes: Set<IndexPlan>;
  /** A setting rules all of it out. */
  never: boolean;
}

export interface ResourcePlan {
  readonly name: ResourceName;
  readonly scope: ScopePlan;
  readonly id: (frame: Frame) => string;
  readonly distinct: ((frame: Frame) => string) | undefined;
  readonly match: boolean;
  readonly allowDelete: boolean;
  readonly names: readonly string[];
  readonly properties: readonly Evaluate[];
}

export interface MappingPlan {
  readonly resources: readonly ResourcePlan[];
  readonly indexes: readonly IndexPlan[];
}

/** The table at the root of a source of rows. */
export const rootTable = (source: TablePlan | SlimPlan | ViewPlan): TablePlan =>
  source.kind === 'table' ? source : source.table;

/** Every view and index that a scope needs, directly or through others, and every table. */
export const needsOf = (
  scope: ScopePlan,
  found: { readonly views: Set<ViewPlan>; readonly indexes: Set<IndexPlan>; readonly tables: Set<TablePlan> } = {
    views: new Set(),
    indexes: new Set(),
    tables: new Set(),
  },
) => {
  const visit = (source: TablePlan | SlimPlan | ViewPlan): void => {
    found.tables.add(rootTable(source));
    if (source.kind !== 'view' || found.views.has(source)) return;
    found.views.add(source);
    if (source.form === 'union') for (const member of source.members) visit(member);
    else needsOf(source.scope, found);
  };
  visit(scope.source);
  for (const index of scope.indexes) {
    found.indexes.add(index);
    visit(index.relation);
  }
  return found;
};
