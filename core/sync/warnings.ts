/** What records are sent without, though they are sent: told once for each kind, with how many. */

import type { MappedRecord, MappingIssue } from '../mapping/types.ts';
import { some } from './describe.ts';

export interface Warnings {
  /** Passes the records on, and notes what was left out of them. */
  watch(records: AsyncIterable<readonly MappedRecord[]>): AsyncIterable<readonly MappedRecord[]>;
  /** One sentence for each kind; names of the model only, no value. */
  notices(): { code: string; sentence: string }[];
}

const reason = (issue: MappingIssue): string => {
  switch (issue.code) {
    case 'descriptor-unmapped':
      return `a code is not paired with a value of ${issue.descriptor ?? 'descriptor'}`;
    case 'row-missing':
      return `a row of ${issue.table ?? 'the export'} is missing`;
    case 'value-unreadable':
      return 'the value cannot be read';
    case 'value-missing':
    case 'required-setting':
      return 'there is no value for it';
  }
};

export function createWarnings(): Warnings {
  const counts = new Map<string, { readonly resource: string; readonly issue: MappingIssue; count: number }>();
  return {
    async *watch(records) {
      for await (const batch of records) {
        for (const { resource, warnings } of batch) {
          for (const issue of warnings ?? []) {
            const kind = [resource, issue.path, issue.code, issue.descriptor ?? ''].join('\n');
            const known = counts.get(kind);
            if (known === undefined) counts.set(kind, { resource, issue, count: 1 });
            else known.count += 1;
          }
        }
        yield batch;
      }
    },
    notices: () =>
      [...counts.values()].map(({ resource, issue, count }) => ({
        code: 'sent-without',
        sentence: `${some(count, resource)} ${count === 1 ? 'is' : 'are'} sent without ${issue.path}: ${reason(issue)}.`,
      })),
  };
}
