/** What a screen has to say beside its content: notices, badges, and the states of having nothing to show. */
import { type ReactNode, useEffect, useState } from 'react';
import type { Refused } from '../client/client.ts';
import type { Query } from '../client/query.ts';
import { Button } from './Button.tsx';
import { Icon, type IconName } from './icons.tsx';
import css from './Notice.module.css';

export type Tone = 'info' | 'good' | 'wait' | 'bad';
const ICONS: Readonly<Record<Tone, IconName>> = { info: 'info', good: 'check', wait: 'warning', bad: 'problems' };

export interface NoticeProps {
  readonly tone: Tone;
  readonly title?: string;
  readonly actions?: ReactNode;
  /** Said at once by a screen reader: for what an act has brought, not for what is always there. */
  readonly isAlert?: boolean;
  readonly children?: ReactNode;
}

export function Notice({ tone, title, actions, isAlert = false, children }: NoticeProps) {
  return (
    <div className={`${css.notice} ${css[tone]}`} role={isAlert ? 'alert' : undefined}>
      <Icon name={ICONS[tone]} />
      <div className={css.text}>
        {title !== undefined && <p className={css.title}>{title}</p>}
        {children}
      </div>
      {actions !== undefined && <div className={css.actions}>{actions}</div>}
    </div>
  );
}

/** Why an act was refused: the engine's own sentence. Nothing where there is no error. */
export function Refusal({ error }: { readonly error: Refused | undefined }) {
  return error === undefined ? null : (
    <Notice tone="bad" isAlert>
      <p>{error.message}</p>
    </Notice>
  );
}

/** A state in one or two words, with an icon: never told by colour alone. */
export function Badge({
  tone,
  icon,
  children,
}: {
  readonly tone: Tone | 'plain';
  readonly icon?: IconName;
  readonly children: ReactNode;
}) {
  const shown = icon ?? (tone === 'plain' ? undefined : ICONS[tone]);
  return (
    <span className={`${css.badge} ${css[tone]}`}>
      {shown !== undefined && <Icon name={shown} />}
      {children}
    </span>
  );
}

/** There is nothing here: why, and what to do next. */
export function Empty({
  icon,
  title,
  children,
  actions,
}: {
  readonly icon?: IconName;
  readonly title: string;
  readonly children?: ReactNode;
  readonly actions?: ReactNode;
}) {
  return (
    <div className={css.state}>
      {icon !== undefined && <Icon name={icon} />}
      <h2>{title}</h2>
      {children !== undefined && <p>{children}</p>}
      {actions !== undefined && <div className={css.stateActions}>{actions}</div>}
    </div>
  );
}

const SHOW_AFTER_MS = 250;

/** Shown only where it takes a while: what comes at once does not flicker. */
export function Loading({ what = 'Loading' }: { readonly what?: string }) {
  const [isShown, setShown] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setShown(true), SHOW_AFTER_MS);
    return () => clearTimeout(timer);
  }, []);
  return (
    <div className={css.loading} role="status">
      <span className="visually-hidden">{what} …</span>
      {isShown && (
        <>
          <div className={css.bar} />
          <div className={css.bar} />
          <div className={css.bar} />
        </>
      )}
    </div>
  );
}

/**
 * A query on the screen: loading, why it failed with a button to try again, or its data.
 *
 *   <Loaded query={useQuery('connections.list', {})}>{(connections) => …}</Loaded>
 */
export function Loaded<T>({
  query,
  what,
  children,
}: {
  readonly query: Query<T>;
  /** For a screen reader: `Loading connections`. */
  readonly what?: string;
  readonly children: (data: T) => ReactNode;
}) {
  switch (query.state) {
    case 'loading':
      return <Loading {...(what === undefined ? {} : { what })} />;
    case 'failed':
      return (
        <Notice tone="bad" isAlert actions={<Button onPress={query.again}>Try again</Button>}>
          <p>{query.error.message}</p>
        </Notice>
      );
    case 'ready':
      return children(query.data);
  }
}
