import type { RowBatch, TableInfo } from '../types.ts';
import { COLUMNS } from './columns.ts';
import { type OneRosterTable, readTable } from './table.ts';

/** What 1.1 has instead of roles.csv: the table that its users.csv amounts to. */
export function syntheticRoles(users: OneRosterTable): TableInfo {
  return { name: 'roles', columns: COLUMNS.roles, mode: users.info.mode, file: users.info.file };
}

/** Streams one role for each organization of each user, the first of them primary. */
export async function* readSyntheticRoles(
  users: OneRosterTable,
  columns: readonly string[],
  signal?: AbortSignal,
): AsyncGenerator<RowBatch> {
  const source = ['sourcedId', 'orgSourcedIds', 'role', 'status', 'dateLastModified'];
  for await (const batch of readTable(users, source, 'active', signal)) {
    const rows: string[][] = [];
    const numbers: number[] = [];
    for (const [at, [user = '', orgs = '', role = '', status = '', modified = '']] of batch.rows.entries()) {
      const userSourcedId = user.trim();
      const distinct = new Set(orgs.split(',').map((org) => org.trim()));
      distinct.delete('');
      let roleType = 'primary';
      for (const orgSourcedId of distinct) {
        const values: Readonly<Record<string, string>> = {
          sourcedId: `${userSourcedId}/${orgSourcedId}`,
          status,
          dateLastModified: modified,
          userSourcedId,
          roleType,
          role,
          orgSourcedId,
        };
        rows.push(columns.map((column) => values[column] ?? ''));
        numbers.push(batch.numbers[at]!);
        roleType = 'secondary';
      }
    }
    if (rows.length > 0) yield { rows, numbers };
  }
}
