/** Choices for the whole of Rollbook on this computer. */
import type { ReactNode } from 'react';
import { hrefOf } from '../../app/routes.ts';
import type { ScreenProps } from '../../app/screens.tsx';
import { useQuery } from '../../client/query.ts';
import { Card, Page } from '../../components/Page.tsx';
import { About } from './About.tsx';
import { Appearance } from './Appearance.tsx';
import { Copies } from './Copies.tsx';
import { DataFolder } from './DataFolder.tsx';
import { Certificates, ProxyAddress } from './Network.tsx';
import { Practice } from './Practice.tsx';
import { Sending } from './Sending.tsx';
import css from './Settings.module.css';
import { System } from './System.tsx';

export function Settings(_: ScreenProps) {
  const connections = useQuery('connections.list', {});
  // Before there is a connection there is no navigation to go back by.
  const isFirst = connections.state === 'ready' && connections.data.length === 0;
  return (
    <Page
      title="Settings"
      lead="They hold for every connection, on this computer, for your account."
      {...(isFirst ? { back: { href: hrefOf('overview'), label: 'Welcome' } } : {})}
    >
      <Appearance />
      <System />
      <Sending />
      <ProxyAddress />
      <Certificates />
      <Practice />
      <DataFolder />
      <Copies />
      <About />
    </Page>
  );
}

/** One matter: what it is on the left, what can be chosen on the right. */
export function Group({
  title,
  note,
  children,
}: {
  readonly title: string;
  readonly note?: ReactNode;
  readonly children: ReactNode;
}) {
  return (
    <section aria-label={title}>
      <Card className={css.group ?? ''}>
        <div className={css.what}>
          <h2>{title}</h2>
          {note !== undefined && <p className={css.note}>{note}</p>}
        </div>
        <div className={css.choices}>{children}</div>
      </Card>
    </section>
  );
}
