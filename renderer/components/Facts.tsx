/** Names with their values, a few large figures, and code. */
import type { ReactNode } from 'react';
import { copyText } from '../state/toasts.ts';
import { number } from '../text/format.ts';
import { Button } from './Button.tsx';
import css from './Facts.module.css';
import { Scroll } from './Scroll.tsx';

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

export interface CodeProps {
  readonly label: string;
  /** JSON is laid out and coloured; anything else is shown as it is. */
  readonly text: string;
  /** Members whose line is marked, by name: what an issue is about. */
  readonly marked?: readonly string[];
}

/** The tokens of laid-out JSON, one line at a time: a name, a text, anything else. */
const TOKEN = /^(\s*)("(?:[^"\\]|\\.)*")(:)|("(?:[^"\\]|\\.)*")|(-?\d[\d.eE+-]*|true|false|null)/g;

function Line({ line }: { readonly line: string }) {
  const parts: ReactNode[] = [];
  let last = 0;
  for (const found of line.matchAll(TOKEN)) {
    const [all, space = '', name, , text, other] = found;
    const at = found.index + space.length;
    parts.push(line.slice(last, at));
    const kind = name !== undefined ? css.name : text !== undefined ? css.text : css.other;
    parts.push(
      <span key={at} className={kind}>
        {name ?? text ?? other}
      </span>,
    );
    if (name !== undefined) parts.push(':');
    last = found.index + all.length;
  }
  return (
    <>
      {parts}
      {line.slice(last)}
      {'\n'}
    </>
  );
}

function laidOut(text: string): { readonly text: string; readonly isJson: boolean } {
  try {
    return { text: JSON.stringify(JSON.parse(text), null, 2), isJson: true };
  } catch {
    return { text, isJson: false };
  }
}

/** Code to look at and to copy: a body that was sent, an answer. */
export function Code({ label, text, marked = [] }: CodeProps) {
  const { text: shown, isJson } = laidOut(text);
  return (
    <div>
      <div className={css.codeHead}>
        <span>{label}</span>
        <Button look="quiet" icon="copy" onPress={() => void copyText(shown, label)}>
          Copy
        </Button>
      </div>
      <Scroll label={label} className={css.code}>
        <pre>
          {isJson
            ? shown.split('\n').map((line, i) => {
                const name = /^\s*"([^"]+)":/.exec(line)?.[1];
                const isMarked = name !== undefined && marked.includes(name);
                return (
                  // Lines have no other name than their number.
                  // biome-ignore lint/suspicious/noArrayIndexKey: see above
                  <span key={i} className={isMarked ? css.marked : undefined}>
                    <Line line={line} />
                  </span>
                );
              })
            : shown}
        </pre>
      </Scroll>
    </div>
  );
}
