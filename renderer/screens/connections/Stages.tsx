/** Where one is in a way of several stages. */
import { type ReactNode, useEffect, useRef } from 'react';
import { Icon } from '../../components/icons.tsx';
import { say } from '../../state/live.ts';
import css from './Connections.module.css';

export function Stages({
  names,
  at,
  children,
}: {
  readonly names: readonly string[];
  readonly at: number;
  readonly children: ReactNode;
}) {
  return (
    <div className={css.wizard}>
      <ol className={css.stages} aria-label="Stages">
        {names.map((name, i) => (
          <li
            key={name}
            className={`${css.stage} ${i < at ? css.done : ''}`}
            aria-current={i === at ? 'step' : undefined}
          >
            <span className={css.dot} aria-hidden="true">
              {i < at ? <Icon name="check" /> : i + 1}
            </span>
            {name}
            {i < at && <span className="visually-hidden">: done</span>}
          </li>
        ))}
      </ol>
      {children}
    </div>
  );
}

/** One stage's form: Enter goes on, and the heading has the focus when it appears. */
export function Stage({
  title,
  onSubmit,
  buttons,
  children,
}: {
  readonly title: string;
  readonly onSubmit?: () => void;
  readonly buttons: ReactNode;
  readonly children: ReactNode;
}) {
  const heading = useRef<HTMLHeadingElement>(null);
  const isFirst = useRef(true);
  useEffect(() => {
    // The first stage comes with the screen, whose heading has the focus then.
    if (isFirst.current && title === FIRST) return;
    isFirst.current = false;
    heading.current?.focus();
    say(title);
  }, [title]);
  return (
    <form
      className={css.form}
      aria-label={title}
      onSubmit={(event) => {
        event.preventDefault();
        onSubmit?.();
      }}
    >
      <h2 ref={heading} tabIndex={-1}>
        {title}
      </h2>
      {children}
      <div className={css.buttons}>{buttons}</div>
    </form>
  );
}

/** The title of the first stage of every way. */
export const FIRST = 'Where is the API?';
