/**
 * The language of a mapping file. A mapping is data: tables are joined and derived into views, and each resource says
 * where its rows come from and how every property is made. `schema.ts` checks a file against this, `compile.ts` turns it
 * into functions.
 */

/** One step of a chain; each takes the value before it. An absent value stays absent, but for `default`. */
export type Transform =
  | 'trim'
  | 'first'
  | 'count'
  | 'date'
  | 'month'
  | 'year'
  | 'number'
  | 'integer'
  | 'boolean'
  | 'upper'
  | 'lower'
  | 'title'
  | 'schoolYear'
  | 'identifier'
  | 'compactUuid'
  | {
      readonly pad: {
        readonly length: number;
        readonly with?: string | undefined;
        readonly side?: 'left' | 'right' | undefined;
      };
    }
  | { readonly date: readonly string[] | { readonly setting: string } }
  | { readonly split: string }
  | { readonly item: number }
  | { readonly default: string | number | boolean }
  | { readonly substring: { readonly from?: number | undefined; readonly length: number } }
  | { readonly replace: { readonly find: string; readonly with: string } }
  | { readonly maxLength: number }
  | { readonly typedId: string | { readonly setting: string; readonly after?: string | undefined } };

export type Members = Readonly<Record<string, Expression>>;

/** How one value is made. */
export type Expression =
  /** `alias.column`, trimmed, absent where empty; or the alias of an `each` alone. */
  | string
  | { readonly constant: string | number | boolean }
  /** A setting of the connection; with `after`, what follows that prefix. */
  | { readonly setting: string; readonly after?: string | undefined }
  /** A value table of this mapping. */
  | { readonly lookup: string; readonly of: Expression; readonly otherwise?: Expression | undefined }
  /** A local code through the connection's descriptor map; of several codes the first that is mapped. */
  | { readonly descriptor: string; readonly of: Expression | readonly Expression[] }
  /** A reference or an embedded object; a member named `x?` is made only where the specification has it. */
  | { readonly members: Members }
  | { readonly items: readonly { readonly when?: Condition | undefined; readonly item: Members }[] }
  | { readonly each: EachItem; readonly item: Members }
  | {
      readonly case: readonly { readonly when: Condition; readonly use: Expression }[];
      readonly else?: Expression | undefined;
    }
  | { readonly test: Condition }
  /** The first that has a value. */
  | { readonly firstOf: readonly Expression[] }
  /** All that have a value, as one text. */
  | { readonly concatenate: readonly Expression[]; readonly with?: string | undefined }
  | { readonly latest: readonly Expression[] }
  | { readonly earliest: readonly Expression[] }
  | { readonly weekdays: readonly [Expression, Expression] }
  | { readonly value: Expression; readonly by: readonly Transform[] }
  /** A value worked out from the file's contents, kept as it was when the record was first sent. */
  | {
      readonly freeze: Expression;
      /** Whose value it is; in a resource its own record and property, in a view it has to be said. */
      readonly for?:
        | { readonly resource: string; readonly id: readonly Expression[]; readonly path: string }
        | undefined;
    }
  /** Left out, with a warning, where it cannot be read or is not mapped; the record goes on without it. */
  | { readonly optional: Expression }
  /** An absent value is the record's problem, told with its column. */
  | { readonly required: Expression };

export type EachItem =
  | { readonly list: Expression; readonly separator?: string | undefined; readonly as: string }
  | { readonly rows: string; readonly as: string; readonly on: Members };

export type Condition =
  | { readonly all: readonly Condition[] }
  | { readonly any: readonly Condition[] }
  | { readonly not: Condition }
  /** Both have a value, and the same, letter by letter. */
  | { readonly same: readonly [Expression, Expression] }
  /** Both have a value, and the first sorts before the second (ISO dates). */
  | { readonly before: readonly [Expression, Expression] }
  /** Words are compared without regard to case. */
  | { readonly of: Expression; readonly is: string | number | boolean }
  | { readonly of: Expression; readonly isNot: string | number | boolean }
  | { readonly of: Expression; readonly in: readonly string[] }
  | { readonly of: Expression; readonly notIn: readonly string[] }
  | { readonly of: Expression; readonly startsWith: string }
  | { readonly of: Expression; readonly present: boolean };

export interface From {
  readonly table?: string | undefined;
  readonly view?: string | undefined;
  readonly as: string;
  /** Rows of a view that have a problem of their own are skipped. */
  readonly clean?: true | undefined;
}

export type StepSpec =
  | {
      /** A table or a view. */
      readonly join: string;
      readonly as: string;
      /** Its columns, and what they have to equal. */
      readonly on: Members;
      /** `empty` (as given when absent): go on without; `drop`: leave the row out; `issue`: go on, and report it. */
      readonly missing?: 'empty' | 'drop' | 'issue' | undefined;
      /** Every row that matches, one record each; otherwise the first. */
      readonly many?: true | undefined;
    }
  | {
      readonly each:
        | { readonly list: Expression; readonly separator?: string | undefined }
        | { readonly of: readonly Expression[] };
      readonly as: string;
      /** What to do where there is no item; `drop` when absent. */
      readonly empty?: 'drop' | 'keep' | 'issue' | undefined;
    };

export interface Rows {
  readonly from: From;
  readonly steps?: readonly StepSpec[] | undefined;
  readonly where?: readonly Condition[] | undefined;
}

export type Aggregate =
  | { readonly min: Expression }
  | { readonly max: Expression }
  | { readonly first: Expression }
  | { readonly list: Expression }
  | { readonly count: true };

export interface Rank {
  /** Columns of this view whose equal values make a group, and those that order it. */
  readonly within: readonly string[];
  readonly by: readonly string[];
  /** The columns that get the place (from 1) and the size of the group. */
  readonly as: string;
  readonly of: string;
}

export interface RowView extends Rows {
  readonly columns: Members;
  readonly distinct?: readonly string[] | undefined;
  readonly rank?: Rank | undefined;
}

export interface GroupView extends Rows {
  readonly group: Members;
  readonly gather: Readonly<Record<string, Aggregate>>;
}

export interface UnionView {
  readonly union: readonly string[];
  readonly distinct?: readonly string[] | undefined;
}

export type View = RowView | GroupView | UnionView;

export interface ResourceSpec extends Rows {
  /** `students`; `parents?` is made only where the specification has it, and not missed elsewhere. */
  readonly resource: string;
  /** What the record is in the source, for as long as it lives there. */
  readonly id: readonly Expression[];
  /** Only the first record with equal values is made. */
  readonly distinct?: readonly Expression[] | undefined;
  /** The record is expected to be at the API; it is looked up, not created. */
  readonly match?: Condition | undefined;
  /** False: a record that vanishes from the source is never deleted at the API. */
  readonly delete?: boolean | undefined;
  readonly properties: Members;
}

export interface SettingSpec {
  readonly title: string;
  /** The values it can take; `userIds:*` stands for any text after the colon. Absent: any text. */
  readonly choices?: readonly string[] | undefined;
  readonly default?: string | undefined;
  /** No default, and nothing works without it. */
  readonly required?: true | undefined;
}

export interface MappingSpec {
  readonly rollbook: 1;
  readonly name: string;
  readonly version: string;
  readonly dataStandard: string;
  readonly source: 'oneroster';
  /** Columns that an export has beyond the standard, by table. */
  readonly extensions?: Readonly<Record<string, readonly string[]>> | undefined;
  readonly settings: Readonly<Record<string, SettingSpec>>;
  readonly lookups?: Readonly<Record<string, Readonly<Record<string, string>>>> | undefined;
  readonly views?: Readonly<Record<string, View>> | undefined;
  readonly resources: readonly ResourceSpec[];
}
