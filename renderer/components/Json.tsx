/** JSON to read and to copy, with the members that an issue is about marked, those that are missing too. */
import { Fragment } from 'react';
import { copyText } from '../state/toasts.ts';
import { Button } from './Button.tsx';
import css from './Json.module.css';
import { jsonLines } from './json-lines.ts';
import { Scroll } from './Scroll.tsx';

export interface JsonProps {
  /** `As it was mapped` */
  readonly label: string;
  /** What is not JSON is shown as it is. */
  readonly text: string;
  /** Paths as issues have them: `$.races[].raceDescriptor`. */
  readonly marked?: readonly string[];
}

export function Json({ label, text, marked = [] }: JsonProps) {
  const lines = jsonLines(text, marked);
  const plain = lines === undefined ? text : JSON.stringify(JSON.parse(text), null, 2);
  return (
    <div className={css.frame}>
      <div className={css.head}>
        <h2>{label}</h2>
        <Button look="quiet" icon="copy" aria-label={`Copy: ${label}`} onPress={() => void copyText(plain, label)}>
          Copy
        </Button>
      </div>
      <Scroll label={label} className={css.code}>
        <pre>
          {lines === undefined
            ? text
            : lines.map(({ indent, name, value, kind, tail, isMarked, isMissing }, i) => (
                // Lines have no other name than their number.
                // biome-ignore lint/suspicious/noArrayIndexKey: see above
                <Fragment key={i}>
                  <span className={`${css.line} ${isMarked ? css.marked : ''}`}>
                    {isMarked && <span className="visually-hidden">Look here: </span>}
                    {'  '.repeat(indent)}
                    {name !== undefined && (
                      <>
                        <span className={isMissing ? css.missing : css.name}>{JSON.stringify(name)}</span>
                        {isMissing ? ' ' : ': '}
                      </>
                    )}
                    {isMissing ? (
                      <em className={css.missing}>is missing</em>
                    ) : (
                      <span className={css[kind]}>{value}</span>
                    )}
                    {tail}
                  </span>
                  {'\n'}
                </Fragment>
              ))}
        </pre>
      </Scroll>
    </div>
  );
}
