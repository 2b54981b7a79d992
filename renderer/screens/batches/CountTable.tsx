/** Counts by resource, in the order in which they are sent: totals first, and what has nothing to tell folded away. */
import { Fragment, type ReactNode, useId, useState } from 'react';
import { Button } from '../../components/Button.tsx';
import { Icon } from '../../components/icons.tsx';
import { Scroll } from '../../components/Scroll.tsx';
import { TextTip } from '../../components/Tip.tsx';
import { number, plural } from '../../text/format.ts';
import { inWords } from '../../text/names.ts';
import css from './Batches.module.css';

export interface CountColumn<T> {
  readonly title: string;
  /** A tip: for a table that is not below the account, which has them. */
  readonly meaning?: string;
  readonly count: (row: T) => number;
  /** Shown though all of it is 0. */
  readonly isAlways?: boolean;
  readonly tone?: 'wait' | 'bad';
}

export interface CountTableProps<T> {
  readonly label: string;
  readonly rows: readonly T[];
  readonly resourceOf: (row: T) => string;
  readonly columns: readonly CountColumn<T>[];
  /** Whether there is something to look at; the other rows are folded. */
  readonly hasWork: (row: T) => boolean;
  /** `nothing to do` */
  readonly foldedFor: string;
  /** What is below a row when it is opened; undefined where there is nothing. */
  readonly details?: (row: T) => ReactNode | undefined;
}

export function CountTable<T>({ label, rows, resourceOf, columns, hasWork, foldedFor, details }: CountTableProps<T>) {
  const [isUnfolded, setUnfolded] = useState(false);
  const [open, setOpen] = useState<readonly string[]>([]);
  const id = useId();
  const shown = columns.filter(({ count, isAlways }) => isAlways === true || rows.some((row) => count(row) > 0));
  const working = rows.filter(hasWork);
  const folded = rows.length - working.length;
  const visible = isUnfolded ? rows : working;
  const toggle = (resource: string): void =>
    setOpen(open.includes(resource) ? open.filter((one) => one !== resource) : [...open, resource]);
  return (
    <div className={css.counts}>
      <Scroll label={label} className={css.countFrame}>
        <table>
          <thead>
            <tr>
              <th scope="col">Resource</th>
              {shown.map(({ title, meaning }) => (
                <th key={title} scope="col">
                  {meaning === undefined ? title : <TextTip text={meaning}>{title}</TextTip>}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            <tr className={css.total}>
              <th scope="row">In all</th>
              {shown.map((column) => (
                <Count
                  key={column.title}
                  value={rows.reduce((sum, row) => sum + column.count(row), 0)}
                  tone={column.tone}
                />
              ))}
            </tr>
            {visible.map((row) => {
              const resource = resourceOf(row);
              const below = details?.(row);
              const isOpen = open.includes(resource);
              return (
                <Fragment key={resource}>
                  <tr>
                    <th scope="row">
                      {below === undefined ? (
                        <span className={css.plainName}>{inWords(resource)}</span>
                      ) : (
                        <button
                          type="button"
                          className={css.opens}
                          aria-expanded={isOpen}
                          {...(isOpen ? { 'aria-controls': `${id}-${resource}` } : {})}
                          onClick={() => toggle(resource)}
                        >
                          <Icon name={isOpen ? 'down' : 'right'} />
                          {inWords(resource)}
                        </button>
                      )}
                    </th>
                    {shown.map((column) => (
                      <Count key={column.title} value={column.count(row)} tone={column.tone} />
                    ))}
                  </tr>
                  {isOpen && below !== undefined && (
                    <tr id={`${id}-${resource}`}>
                      <td className={css.below} colSpan={shown.length + 1}>
                        {below}
                      </td>
                    </tr>
                  )}
                </Fragment>
              );
            })}
          </tbody>
        </table>
      </Scroll>
      {folded > 0 && (
        <p className={css.fold}>
          <Button look="quiet" onPress={() => setUnfolded(!isUnfolded)} aria-expanded={isUnfolded}>
            {isUnfolded ? 'Fold' : 'Show'} {plural(folded, 'resource')} with {foldedFor}
          </Button>
        </p>
      )}
    </div>
  );
}

const Count = ({ value, tone }: { readonly value: number; readonly tone: 'wait' | 'bad' | undefined }) => (
  <td className={value === 0 ? css.zero : tone === undefined ? '' : css[tone]}>{number(value)}</td>
);
