/**
 * A table of any length: only the rows in sight are in the page, the rest is read as it is scrolled to.
 *
 *   const problems = usePages('problems', useCallback((after) => ask('problems.records', {…, after})
 *     .then(({ records, next }) => ({ rows: records, next })), [group]));
 *   <DataTable label="Records" columns={columns} rows={problems.rows} rowKey={(row) => String(row.id)} pages={problems} />
 *
 * Where many rows are read page by page, `columns` should be the same ones from one time to the next (useMemo).
 *
 * Rows have one height; what does not fit ends in an ellipsis and is whole in its title. Up to `shortUpTo` rows the table
 * is as high as its rows; above it is `height` pixels high and scrolls.
 */
import { type JSX, type ReactNode, useCallback, useMemo } from 'react';
import {
  Cell,
  Checkbox,
  Collection,
  Column,
  ResizableTableContainer,
  Row,
  type Selection,
  type SortDescriptor,
  Table,
  TableBody,
  TableHeader,
  TableLayout,
  TableLoadMoreItem,
  type TableLoadMoreItemProps,
  Virtualizer,
} from 'react-aria-components';
import type { Pages } from '../client/query.ts';
import { useView } from '../state/view.ts';
import { number, plural } from '../text/format.ts';
import css from './DataTable.module.css';
import { Icon } from './icons.tsx';

export interface DataColumn<T> {
  readonly id: string;
  readonly title: string;
  readonly cell: (row: T) => ReactNode;
  /** The text in full, where the cell may be cut or is no text. */
  readonly text?: (row: T) => string;
  /** Names the row to a screen reader; the first column unless told. */
  readonly isRowHeader?: boolean;
  /** `120` pixels, `2fr`; `1fr` unless told. */
  readonly width?: number | `${number}fr`;
  readonly minWidth?: number;
  /** Numbers stand at the end of their column. */
  readonly isNumber?: boolean;
  readonly isSortable?: boolean;
}

export interface DataTableProps<T> {
  readonly label: string;
  readonly columns: readonly DataColumn<T>[];
  readonly rows: readonly T[];
  readonly rowKey: (row: T) => string;
  /** Where the rows are read page by page. */
  readonly pages?: Pick<Pages<T>, 'more' | 'hasMore' | 'state'>;
  /** How many rows there are in all, where that is known: told below the table. */
  readonly total?: number;
  /** What a row is: `record`. */
  readonly unit?: string;
  readonly onRow?: (row: T) => void;
  readonly sort?: SortDescriptor;
  readonly onSort?: (sort: SortDescriptor) => void;
  readonly selected?: Selection;
  readonly onSelect?: (selected: Selection) => void;
  /** Keys of rows that cannot be selected. */
  readonly disabled?: readonly string[];
  readonly height?: number;
  readonly shortUpTo?: number;
  /** Instead of rows, where there are none. */
  readonly empty?: ReactNode;
}

const ROW = { normal: 40, compact: 32 } as const;
const BORDER = 2;
/** So many heights of the table before its end, the following rows are read. */
const AHEAD = 3;

export function DataTable<T extends object>({
  label,
  columns,
  rows,
  rowKey,
  pages,
  total,
  unit = 'row',
  onRow,
  sort,
  onSort,
  selected,
  onSelect,
  disabled,
  height = 480,
  shortUpTo = 10,
  empty,
}: DataTableProps<T>) {
  const density = useView((view) => view.density);
  const row = ROW[density];
  const byKey = useMemo(() => new Map(rows.map((one) => [rowKey(one), one])), [rows, rowKey]);
  const act = useCallback(
    (key: string | number) => {
      const chosen = byKey.get(String(key));
      if (chosen !== undefined) onRow?.(chosen);
    },
    [byKey, onRow],
  );
  if (rows.length === 0 && pages?.state !== 'loading' && empty !== undefined) return empty;
  const hasMore = pages?.hasMore === true;
  const isShort = rows.length <= shortUpTo && (!hasMore || rows.length === 0);
  const high = isShort ? (Math.max(rows.length, 1) + 1) * row + BORDER : height;
  return (
    <div className={css.frame}>
      <ResizableTableContainer>
        <Virtualizer layout={TableLayout} layoutOptions={{ rowHeight: row, headingHeight: row }}>
          <Table
            aria-label={label}
            className={css.table ?? ''}
            style={{ height: high }}
            selectionMode={onSelect === undefined ? 'none' : 'multiple'}
            {...(selected === undefined ? {} : { selectedKeys: selected })}
            {...(onSelect === undefined ? {} : { onSelectionChange: onSelect })}
            {...(disabled === undefined ? {} : { disabledKeys: disabled, disabledBehavior: 'selection' as const })}
            {...(onRow === undefined ? {} : { onRowAction: act })}
            {...(sort === undefined ? {} : { sortDescriptor: sort })}
            {...(onSort === undefined ? {} : { onSortChange: onSort })}
          >
            <TableHeader className={css.header ?? ''}>
              {onSelect !== undefined && (
                <Column id="select" width={44} minWidth={44} className={css.column ?? ''}>
                  <Tick />
                </Column>
              )}
              {columns.map((column, i) => (
                <Column
                  key={column.id}
                  id={column.id}
                  textValue={column.title}
                  isRowHeader={column.isRowHeader ?? i === 0}
                  allowsSorting={column.isSortable === true}
                  width={column.width ?? '1fr'}
                  minWidth={column.minWidth ?? (typeof column.width === 'number' ? column.width : 96)}
                  className={`${css.column} ${column.isNumber === true ? css.end : ''}`}
                >
                  <span className={css.clip}>{column.title}</span>
                  {column.isSortable === true && sort?.column === column.id && (
                    <span className={css.sort}>
                      <Icon name="down" />
                    </span>
                  )}
                </Column>
              ))}
            </TableHeader>
            <TableBody>
              {/* A row that was there is not made again when others come: `columns` that stay the same keep it. */}
              <Collection items={rows} dependencies={[columns, onRow === undefined, onSelect === undefined]}>
                {(one: T) => (
                  <Row id={rowKey(one)} className={`${css.row} ${onRow === undefined ? '' : css.acts}`}>
                    {onSelect !== undefined && (
                      <Cell className={css.cell ?? ''}>
                        <Tick />
                      </Cell>
                    )}
                    {columns.map((column) => cellOf(column, one))}
                  </Row>
                )}
              </Collection>
              {hasMore && (
                <TableLoadMoreItem
                  onLoadMore={pages.more}
                  isLoading
                  scrollOffset={AHEAD}
                  className={css.more ?? ''}
                  render={withoutLevel}
                >
                  {rows.length === 0 ? 'Reading …' : 'Reading more …'}
                </TableLoadMoreItem>
              )}
            </TableBody>
          </Table>
        </Virtualizer>
      </ResizableTableContainer>
      {total !== undefined && total > rows.length && (
        <p className={css.count}>
          {number(rows.length)} of {plural(total, unit)} read; the rest as you scroll.
        </p>
      )}
    </div>
  );
}

/** A level belongs to the rows of a tree alone. */
const withoutLevel: NonNullable<TableLoadMoreItemProps['render']> = ({ 'aria-level': _, ...rest }) => (
  <div {...(rest as JSX.IntrinsicElements['div'])} />
);

/** Not a component: a page of rows has hundreds of them, and each would be rendered once more. */
function cellOf<T>(column: DataColumn<T>, row: T) {
  const shown = column.cell(row);
  const text = column.text?.(row) ?? (typeof shown === 'string' ? shown : undefined);
  return (
    <Cell
      key={column.id}
      className={`${css.cell} ${column.isNumber === true ? css.end : ''}`}
      {...(text === undefined ? {} : { textValue: text })}
    >
      <span className={css.clip} {...(text === undefined ? {} : { title: text })}>
        {shown}
      </span>
    </Cell>
  );
}

const Tick = () => (
  <Checkbox slot="selection" className={css.check ?? ''}>
    {({ isIndeterminate }) => <Icon name={isIndeterminate ? 'minus' : 'check'} />}
  </Checkbox>
);
