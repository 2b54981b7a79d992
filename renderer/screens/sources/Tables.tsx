/** The tables of an export, and of each its first rows where the steward asks for them. */
import { useState } from 'react';
import type { SourceLook } from '../../../core/contract/schemas.ts';
import { Button } from '../../components/Button.tsx';
import { type DataColumn, DataTable } from '../../components/DataTable.tsx';
import { Dialog } from '../../components/Dialog.tsx';
import { Notice } from '../../components/Notice.tsx';
import { Scroll } from '../../components/Scroll.tsx';
import { number, plural } from '../../text/format.ts';
import { inWords } from '../../text/names.ts';
import css from './Sources.module.css';

type Table = SourceLook['tables'][number];

/** @param before the export that is used now: its rows stand beside */
export function Tables({ look, before }: { readonly look: SourceLook; readonly before?: SourceLook | undefined }) {
  const [shown, setShown] = useState<Table>();
  const rowsBefore = new Map(before?.tables.map(({ name, rows }) => [name, rows]));
  const isDelta = look.tables.some(({ mode }) => mode === 'delta');
  const columns: DataColumn<Table>[] = [
    {
      id: 'table',
      title: 'Table',
      width: '1fr',
      minWidth: 145,
      cell: ({ name }) => inWords(name),
    },
    {
      id: 'file',
      title: 'File',
      width: '1fr',
      minWidth: 180,
      cell: ({ file }) => <code>{file}</code>,
      text: ({ file }) => file,
    },
    { id: 'rows', title: 'Rows', width: 80, isNumber: true, cell: ({ rows }) => number(rows) },
    ...(before === undefined
      ? []
      : [
          {
            id: 'before',
            title: 'Rows used now',
            width: 150,
            isNumber: true,
            cell: ({ name }: Table) => (rowsBefore.has(name) ? number(rowsBefore.get(name) ?? 0) : 'none'),
          },
        ]),
    { id: 'columns', title: 'Columns', width: 90, isNumber: true, cell: ({ columns: all }) => number(all.length) },
    ...(isDelta
      ? [
          {
            id: 'mode',
            title: 'Holds',
            width: 120,
            cell: ({ mode }: Table) => (mode === 'delta' ? 'Changes' : 'All rows'),
          },
        ]
      : []),
  ];
  return (
    <>
      <DataTable
        label="Tables of the export"
        rows={look.tables}
        rowKey={({ name }) => name}
        onRow={setShown}
        shortUpTo={20}
        columns={columns}
      />
      {shown !== undefined && <FirstRows table={shown} onClose={() => setShown(undefined)} />}
    </>
  );
}

const ORDER = ['1st', '2nd', '3rd', '4th', '5th'];

/** Columns downwards: a table has many, and of each only a few values are shown. */
function FirstRows({ table, onClose }: { readonly table: Table; readonly onClose: () => void }) {
  const [isAsked, setAsked] = useState(false);
  const { file, columns, first, rows } = table;
  return (
    <Dialog
      title={file}
      isOpen
      isWide
      onClose={onClose}
      actions={
        <Button look="primary" onPress={onClose}>
          Close
        </Button>
      }
    >
      <p className={css.note}>
        {plural(rows, 'row')} in {plural(columns.length, 'column')}.
      </p>
      {isAsked ? (
        <Notice tone="info">
          <p>
            These are rows of your export, and may hold personal data. They are only on this screen, and go when you
            close it.
          </p>
        </Notice>
      ) : (
        first.length > 0 && (
          <div className={css.buttons}>
            <Button onPress={() => setAsked(true)}>
              {first.length === 1 ? 'Show the only row' : `Show the first ${first.length} rows`}
            </Button>
            <span className={css.note}>They may hold personal data: look who is beside you.</span>
          </div>
        )
      )}
      <Scroll className={css.first} label={isAsked ? `First rows of ${file}` : `Columns of ${file}`}>
        <table>
          <thead>
            <tr>
              <th scope="col">Column</th>
              {isAsked &&
                first.map((_, i) => (
                  <th key={ORDER[i]} scope="col">
                    {ORDER[i]} row
                  </th>
                ))}
            </tr>
          </thead>
          <tbody>
            {columns.map((column, at) => (
              <tr key={column}>
                <th scope="row">{column}</th>
                {isAsked &&
                  first.map((row, i) => (
                    <td key={ORDER[i]}>{row[at] === '' ? <span className={css.empty}>empty</span> : row[at]}</td>
                  ))}
              </tr>
            ))}
          </tbody>
        </table>
      </Scroll>
    </Dialog>
  );
}
