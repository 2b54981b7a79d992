/** How a frame of joined rows becomes a record. */
import type { JsonObject, ResourceName } from '../edfi/model.ts';
import { expand, passes, tellRowIssues } from './frame.ts';
import type { ResourcePlan } from './plan.ts';
import type { Frame, HeldValue, Row } from './runtime.ts';
import type { FrozenValue, MappedRecord } from './types.ts';

/** The synthetic values of a record: those made in it, and those that came with the rows it is made of. */
const frozenOf = (resource: ResourceName, sourceId: string, frame: Frame): FrozenValue[] | undefined => {
  let found: FrozenValue[] | undefined;
  const take = (held: readonly HeldValue[]): void => {
    for (const { resource: owner, sourceId: id, path, value } of held) {
      if (id !== sourceId || owner !== resource) continue;
      if (found === undefined) found = [{ path, value }];
      else if (!found.some((known) => known.path === path)) found.push({ path, value });
    }
  };
  for (const row of frame.rows) if (row.frozen !== undefined) take(row.frozen);
  if (frame.frozen !== undefined) take(frame.frozen);
  return found;
};

type Writable<Shape> = { -readonly [Name in keyof Shape]: Shape[Name] };

export interface RecordMaker {
  /** What was made and not taken away yet. */
  readonly records: MappedRecord[];
  /** Whether what was made of the last row depends on more than its bytes and its look-ups. */
  readonly isSingular: boolean;
  /** Adds the records that come of a row of the scope's source. */
  take(row: Row): void;
}

/** @param file the name of the root table's file */
export const createRecordMaker = (plan: ResourcePlan, frame: Frame, file: string): RecordMaker => {
  const { scope, name, names, properties, distinct, match } = plan;
  const seen = new Set<string>();
  const records: MappedRecord[] = [];
  let isSingular = false;

  const emit = (): void => {
    frame.issues = undefined;
    frame.warnings = undefined;
    frame.frozen = undefined;
    if (distinct !== undefined) {
      const key = distinct(frame);
      if (seen.has(key)) return;
      seen.add(key);
    }
    frame.run.codes.record += 1;
    tellRowIssues(scope, frame);
    const sourceId = plan.id(frame);
    frame.sourceId = sourceId;
    const body: JsonObject = {};
    for (let at = 0; at < names.length; at += 1) {
      const value = properties[at]!(frame);
      if (value !== undefined) body[names[at]!] = value;
    }
    const record: Writable<MappedRecord> = {
      resource: name,
      body,
      sourceId,
      file: frame.rows[0]!.file ?? file,
      row: frame.rows[0]!.number,
    };
    // Added only where there is something: spreading what may be absent costs as much as the mapping itself.
    const frozen = frozenOf(name, sourceId, frame);
    if (frame.issues !== undefined) record.issues = frame.issues;
    if (frame.warnings !== undefined) record.warnings = frame.warnings;
    if (frozen !== undefined) record.frozen = frozen;
    if (match) record.disposition = 'match';
    // A value kept for a record of another resource may change with that one.
    isSingular ||=
      frame.issues !== undefined ||
      frame.warnings !== undefined ||
      (frame.frozen !== undefined && heldElsewhere(frame.frozen, name));
    records.push(record);
  };

  return {
    records,
    get isSingular() {
      return isSingular;
    },
    take: (row) => {
      isSingular = false;
      frame.rows[0] = row;
      if (passes(scope.conditions, frame)) expand(scope.steps, 0, frame, emit);
    },
  };
};

const heldElsewhere = (held: readonly HeldValue[], resource: ResourceName): boolean =>
  held.some((one) => one.resource !== resource);
