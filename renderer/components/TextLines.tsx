/** A file as text, whatever its length: some hundred lines at a time, each with its number. */
import { useEffect, useMemo, useRef, useState } from 'react';
import { number } from '../text/format.ts';
import { Button } from './Button.tsx';
import { Scroll } from './Scroll.tsx';
import css from './TextLines.module.css';

export interface TextLinesProps {
  /** What it is, for a screen reader: the file's name. */
  readonly label: string;
  readonly text: string;
  /** A line to bring into sight and to mark, counted from 1; a new object brings it again. */
  readonly mark?: { readonly line: number } | undefined;
}

const AT_ONCE = 400;

/** @returns the lines of a text; an end of the last line begins no other */
export const linesOf = (text: string): readonly string[] =>
  (text.endsWith('\n') ? text.slice(0, -1) : text).split('\n');

export function TextLines({ label, text, mark }: TextLinesProps) {
  const lines = useMemo(() => linesOf(text), [text]);
  const [first, setFirst] = useState(0);
  const [seen, setSeen] = useState(mark);
  const marked = useRef<HTMLElement>(null);
  // A line that is to be seen decides which part is shown, until the reader goes on.
  if (mark !== seen) {
    setSeen(mark);
    if (mark !== undefined) setFirst(Math.floor((mark.line - 1) / AT_ONCE) * AT_ONCE);
  }
  useEffect(() => {
    if (mark !== undefined) marked.current?.scrollIntoView({ block: 'center' });
  }, [mark]);
  const last = Math.min(first + AT_ONCE, lines.length);
  return (
    <div className={css.frame}>
      <Scroll label={label} className={css.lines}>
        <pre key={first}>
          {lines.slice(first, last).map((line, i) => {
            const at = first + i + 1;
            const isMarked = at === mark?.line;
            return (
              <code
                key={at}
                data-line={at}
                className={`${css.line} ${isMarked ? css.marked : ''}`}
                ref={isMarked ? marked : undefined}
              >
                {line === '' ? '\u200b' : line}
              </code>
            );
          })}
        </pre>
      </Scroll>
      {lines.length > AT_ONCE && (
        <div className={css.foot}>
          <span role="status">
            Lines {number(first + 1)} to {number(last)} of {number(lines.length)}
          </span>
          <Button look="quiet" isDisabled={first === 0} onPress={() => setFirst(Math.max(0, first - AT_ONCE))}>
            Earlier lines
          </Button>
          <Button look="quiet" isDisabled={last === lines.length} onPress={() => setFirst(first + AT_ONCE)}>
            Later lines
          </Button>
        </div>
      )}
    </div>
  );
}
