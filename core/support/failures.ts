/** What an event may tell of a failure: codes, names of closed lists, places in our own files. Never its sentence. */
import type { FailureCode } from '../errors/failure.ts';
import { FAILURE_CODES } from '../errors/failure.ts';
import type { TableName } from '../sources/oneroster/columns.ts';
import type { Name } from './fields.ts';
import { httpStatus } from './fields.ts';
import { type Frame, framesOf } from './frames.ts';
import { type MappingSetting, mappingSettingOf, type Reason, reasonOf } from './lists.ts';
import { codeOf, isSafe, ownValue, type ThrownCode } from './thrown.ts';
import { type ColumnName, columnOf, tableOf, type Words } from './words.ts';

/** Fits `token.refused`, `batch.stopped` and `command.failed`; an HTTP status is there where the failure has one. */
export interface Why {
  readonly code: FailureCode;
  readonly reason?: Reason;
  readonly status?: number;
}

/** Takes anything that was thrown; what is no Failure is `internal`. Never throws. */
export function whyOf(thrown: unknown): Why {
  const code = FAILURE_CODES.find((one) => one === codeOf(thrown));
  if (code === undefined) return { code: 'internal' };
  const reason = reasonOf(detailOf(thrown, 'reason'));
  const status = httpStatus(detailOf(thrown, 'status'));
  return { code, ...(reason === undefined ? {} : { reason }), ...(status === 0 ? {} : { status }) };
}

/** As `whyOf`, and where it was thrown, for what should not have happened. */
export function failedOf(thrown: unknown): Why & { readonly thrown?: ThrownCode; readonly frames?: Frame[] } {
  const why = whyOf(thrown);
  return why.code === 'internal' ? { ...why, thrown: codeOf(thrown), frames: framesOf(thrown) } : why;
}

/** Where in the source: the table and column by OneRoster's names, and whether a row is known. Fits `source.refused`. */
export function placeOf(thrown: unknown): {
  readonly table?: TableName;
  readonly column?: ColumnName;
  readonly atRow: boolean;
} {
  const table = tableOf(detailOf(thrown, 'file'));
  const column = columnOf(detailOf(thrown, 'column'));
  return {
    ...(table === undefined ? {} : { table }),
    ...(column === undefined ? {} : { column }),
    atRow: typeof detailOf(thrown, 'row') === 'number',
  };
}

function detailOf(thrown: unknown, name: string): unknown {
  const details = isSafe(thrown) ? ownValue(thrown, 'details') : undefined;
  return isSafe(details) ? ownValue(details, name) : undefined;
}

export interface Subject {
  readonly descriptor?: Name<'descriptor'>;
  readonly entity?: Name<'entity'>;
  readonly setting?: MappingSetting;
  readonly table?: TableName;
  readonly column?: ColumnName;
}

/**
 * What a problem is about, as `problem.group` tells it.
 * @param subject of the problem: a descriptor type, an entity, a setting, or a place in the source (`users (birthDate)`);
 *   what is none of these by a name of a closed list is told as nothing
 */
export function subjectOf(subject: string | null | undefined, words: Words | undefined): Subject {
  if (subject === null || subject === undefined) return {};
  const descriptor = words?.descriptor(subject);
  if (descriptor !== undefined) return { descriptor };
  const setting = mappingSettingOf(subject);
  if (setting !== undefined) return { setting };
  const entity = words?.entity(subject);
  if (entity !== undefined) return { entity };
  const [, tableText, columnText] = /^(\w{1,40})(?: \((\w{1,60})\))?$/.exec(subject) ?? [];
  const table = tableOf(tableText);
  const column = columnOf(table === undefined ? tableText : columnText);
  return { ...(table === undefined ? {} : { table }), ...(column === undefined ? {} : { column }) };
}
