/** Names with their values, a few large figures, and code. */
import type { ReactNode } from 'react';
import { number } from '../text/format.ts';
import css from './Facts.module.css';

/**
 * A list of names and values, in the order in which they are given; an undefined value leaves its row out.
 *
 *   <Facts facts={{ Host: api.host, Version: api.version ?? undefined }} />
 */
export function Facts({ facts }: { readonly facts: Readonly<Record<string, ReactNode | undefined>> }) {
  return (
    <dl className={css.facts}>
      {Object.entries(facts).map(([name, value]) =>
        value === undefined ? null : (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ),
      )}
    </dl>
  );
}

export interface Figure {
  readonly label: string;
  readonly value: number | string;
  /** Only where it asks for something: a zero is never red. */
  readonly tone?: 'good' | 'wait' | 'bad';
}

export function Figures({ figures }: { readonly figures: readonly Figure[] }) {
  return (
    <dl className={css.figures}>
      {figures.map(({ label, value, tone }) => (
        <div key={label} className={`${css.figure} ${tone === undefined || value === 0 ? '' : css[tone]}`}>
          <dt>{label}</dt>
          <dd>{typeof value === 'number' ? number(value) : value}</dd>
        </div>
      ))}
    </dl>
  );
}
