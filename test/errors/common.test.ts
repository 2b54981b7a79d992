/** The wordings that stewards meet most, where the public table of them lies beside the repository. */
import { readFileSync } from 'node:fs';
import Papa from 'papaparse';
import { describe, expect, test } from 'vitest';
import type { ProblemCode } from '../../core/errors/catalogue.ts';
import { classifyAnswer } from '../../core/errors/classify.ts';
import { hasData } from '../sandbox/practice.ts';
import { model } from './model.ts';

interface Row {
  readonly http: string;
  readonly type_suffix_7: string;
  readonly root_cause: string;
  readonly newer: string;
  readonly older: string;
}

const TABLE = new URL('../../../shared/data/tables/common-errors.csv', import.meta.url);

function rows(): Row[] {
  if (!hasData) return [];
  return Papa.parse<Record<string, string>>(readFileSync(TABLE, 'utf8').trim(), { header: true }).data.map((row) => ({
    http: row.http ?? '',
    type_suffix_7: row['type_suffix_7.2plus'] ?? '',
    root_cause: row.root_cause ?? '',
    newer: row['message_7.2plus'] ?? '',
    older: row['message_before_7.2_or_state'] ?? '',
  }));
}

/** By root cause, since that is what a code is of. */
const CODES: readonly (readonly [RegExp, ProblemCode])[] = [
  [/^parent missing/, 'reference-missing'],
  [/^no enrolment yet|^person not in ODS/, 'not-authorized-student'],
  [/not mapped/, 'descriptor-unknown-to-api'],
  [/blank source column/, 'required-missing'],
  [/too long/, 'too-long'],
  [/whitespace/, 'stray-spaces'],
  [/markup/, 'unsafe-characters'],
  [/key unification/, 'keys-disagree'],
  [/bad number/, 'bad-number'],
  [/empty required array/, 'items-missing'],
  [/PUT with changed key/, 'key-change-refused'],
  [/delete order/, 'dependent-item-exists'],
  [/key already used/, 'key-taken'],
  [/etag/, 'changed-by-another'],
  [/token expired/, 'token-refused'],
  [/claim set lacks/, 'not-authorized-resource'],
  [/wrong namespace/, 'not-authorized-namespace'],
  [/two profiles/, 'profile-mismatch'],
  [/key scoped to School/, 'not-authorized-organization'],
  [/parallel sends/, 'rate-limited'],
  [/state rule/, 'out-of-range'],
];

const codeOf = ({ root_cause: cause, newer }: Row): ProblemCode | undefined =>
  // One row is of staff, with the root cause of persons.
  newer.startsWith('(staff)') ? 'not-authorized-staff' : CODES.find(([pattern]) => pattern.test(cause))?.[1];

describe.skipIf(!hasData)('a common error (skipped where the public table is absent)', () => {
  test.each(rows().map((row) => ({ ...row, code: codeOf(row) })))('$http $root_cause → $code', (row) => {
    expect(row.code).toBeDefined();
    for (const status of row.http.split('/').map(Number)) {
      const type = row.type_suffix_7;
      if (row.newer !== '' || type !== '') {
        const full = /^unresolved|^dependent|^non-unique/.test(type) ? `data-conflict:${type}` : type;
        const body = { detail: row.newer === '(DMS)' ? 'Temporarily unable to handle it.' : row.newer };
        const answer = { status, type: full, text: JSON.stringify(body) };
        // The older half of the row with two persons is of the student.
        expect(classifyAnswer(answer, model).code).toBe(row.code);
      }
      for (const older of row.older.split(' | ').filter((text) => text !== '' && !text.startsWith('('))) {
        const code = row.newer.startsWith('(staff)') ? 'not-authorized-student' : row.code;
        expect(classifyAnswer({ status, text: JSON.stringify({ message: older }) }, model).code).toBe(code);
      }
    }
  });
});
