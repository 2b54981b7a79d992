/** What a look at an export tells. */
import type { ReactNode } from 'react';
import type { SourceLook } from '../../../core/contract/schemas.ts';
import { Facts } from '../../components/Facts.tsx';
import { Loading, Notice } from '../../components/Notice.tsx';
import { number, plural } from '../../text/format.ts';
import css from './Sources.module.css';
import { lastPart } from './words.ts';

/** Its name large, the whole path below. */
export function Where({ path }: { readonly path: string }) {
  return (
    <div>
      <p className={css.file}>{lastPart(path)}</p>
      <p className={css.path}>{path}</p>
    </div>
  );
}

export function LookFacts({
  look,
  more = {},
}: {
  readonly look: SourceLook;
  readonly more?: Readonly<Record<string, ReactNode>>;
}) {
  const rows = look.tables.reduce((sum, table) => sum + table.rows, 0);
  const isDelta = look.tables.some(({ mode }) => mode === 'delta');
  return (
    <Facts
      facts={{
        Format: `OneRoster ${look.version}, CSV`,
        Holds: `${plural(look.tables.length, 'table')}, ${plural(rows, 'row')}`,
        Kind: isDelta ? 'Changes since the last export' : undefined,
        ...more,
      }}
    />
  );
}

/** What is odd about the files, and does not keep them from being used. */
export function LookNotices({ look: { notices } }: { readonly look: SourceLook }) {
  if (notices.length === 0) return null;
  return (
    <Notice
      tone="wait"
      title={`${number(notices.length)} ${notices.length === 1 ? 'thing' : 'things'} to look at in the files`}
    >
      <ul className={css.notices}>
        {notices.map(({ sentence }) => (
          <li key={sentence}>{sentence}</li>
        ))}
      </ul>
    </Notice>
  );
}

export function Reading() {
  return (
    <>
      <p className={css.note}>All of it is read and checked; a large export takes some seconds.</p>
      <Loading what="Reading the export" />
    </>
  );
}
