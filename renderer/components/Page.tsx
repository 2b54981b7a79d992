/**
 * The frame of every screen. `title` is the heading; `name` goes into the window's title and must not be, or hold, anything
 * of a person. The heading takes the focus when a screen opens, so that a screen reader says where one is.
 */
import { type ReactNode, useEffect, useRef } from 'react';
import { Link } from 'react-aria-components';
import css from './Page.module.css';

export interface PageProps {
  readonly title: string;
  /** For the window's title; the title itself unless told. */
  readonly name?: string;
  /** One or two sentences on what is here. */
  readonly lead?: ReactNode;
  readonly actions?: ReactNode;
  readonly back?: { readonly href: string; readonly label: string };
  /** `narrow` for forms and text, `wide` for tables that need the room. */
  readonly width?: 'narrow' | 'normal' | 'wide';
  readonly children: ReactNode;
}

/** The first screen leaves the focus where the browser puts it; it moves on each change after that. */
let hasOpened = false;

export function Page({ title, name = title, lead, actions, back, width = 'normal', children }: PageProps) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    document.title = `${name} · Rollbook`;
  }, [name]);
  useEffect(() => {
    if (hasOpened) heading.current?.focus({ preventScroll: true });
    hasOpened = true;
  }, []);
  const widths = { narrow: css.narrow, normal: '', wide: css.wide };
  return (
    <div className={`${css.page} ${widths[width]}`}>
      {back !== undefined && (
        <p className={css.back}>
          <Link href={back.href}>← {back.label}</Link>
        </p>
      )}
      <header className={css.head}>
        <div>
          <h1 className={css.title} tabIndex={-1} ref={heading}>
            {title}
          </h1>
          {lead !== undefined && <div className={css.lead}>{lead}</div>}
        </div>
        {actions !== undefined && <div className={css.actions}>{actions}</div>}
      </header>
      {children}
    </div>
  );
}

/** A part of a screen with a heading of its own. */
export function Section({
  title,
  note,
  actions,
  children,
}: {
  readonly title: string;
  readonly note?: ReactNode;
  readonly actions?: ReactNode;
  readonly children: ReactNode;
}) {
  return (
    <section className={css.section} aria-label={title}>
      <div className={css.sectionHead}>
        <h2>{title}</h2>
        {actions}
      </div>
      {note !== undefined && <p className={css.note}>{note}</p>}
      {children}
    </section>
  );
}

/** A raised surface. */
export function Card({ children, className = '' }: { readonly children: ReactNode; readonly className?: string }) {
  return <div className={`${css.card} ${className}`}>{children}</div>;
}
