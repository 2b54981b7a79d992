/** The frame around the screens: navigation, what runs, what is said. */
import { useEffect } from 'react';
import { RouterProvider } from 'react-aria-components';
import { useQuery } from '../client/query.ts';
import { LinkButton } from '../components/Button.tsx';
import { Icon } from '../components/icons.tsx';
import { Empty, Loaded, Notice } from '../components/Notice.tsx';
import { Page } from '../components/Page.tsx';
import { PathChooser } from '../components/PathChooser.tsx';
import { Toasts } from '../components/Toasts.tsx';
import { FirstStart } from '../screens/first-start/FirstStart.tsx';
import { useLive } from '../state/live.ts';
import { useView } from '../state/view.ts';
import css from './App.module.css';
import { GoTo } from './GoTo.tsx';
import { LedgerNotice } from './LedgerNotice.tsx';
import { LiveRegion } from './LiveRegion.tsx';
import { Running } from './Running.tsx';
import { go, hrefOf, parseRoute, type Route, useHash } from './routes.ts';
import { type Screen, screens } from './screens.tsx';

export function App() {
  const density = useView((view) => view.density);
  const theme = useLive(({ host }) => host?.theme ?? 'system');
  useEffect(() => {
    document.documentElement.dataset.density = density;
    document.documentElement.dataset.theme = theme;
  }, [density, theme]);
  const hash = useHash();
  const route = parseRoute(hash);
  const connections = useQuery('connections.list', {});
  const isFirst = connections.state === 'ready' && connections.data.length === 0;
  return (
    <RouterProvider navigate={go}>
      {/* A button: the hash is the address of a screen. */}
      <button type="button" className={css.skip} onClick={() => document.getElementById('main')?.focus()}>
        Skip to the content
      </button>
      <div className={`${css.shell} ${isFirst ? css.bare : ''}`}>
        {!isFirst && <Side route={route} />}
        <main id="main" className={css.main} tabIndex={-1}>
          <EngineNotice />
          <LedgerNotice />
          {/* A new address is a new screen: nothing of the one before stays in its fields. */}
          <div key={hash}>
            <Loaded query={connections}>{() => <Content route={route} isFirst={isFirst} />}</Loaded>
          </div>
        </main>
        <Running />
      </div>
      <LiveRegion />
      <PathChooser />
      <Toasts place={route.place} />
    </RouterProvider>
  );
}

function Content({ route, isFirst }: { readonly route: Route; readonly isFirst: boolean }) {
  const isWayIn = route.place === 'connections' && route.query.has('add');
  if (isFirst && !isWayIn && route.place !== 'settings') return <FirstStart />;
  const screen = screens.find(({ place }) => place === route.place);
  if (screen === undefined) {
    return (
      <Page title="There is no such screen" name="Not found">
        <Empty title="Nothing is here" actions={<LinkButton href={hrefOf('overview')}>To the overview</LinkButton>}>
          The address may be of another version of Rollbook.
        </Empty>
      </Page>
    );
  }
  return <screen.component path={route.path} query={route.query} />;
}

function Side({ route }: { readonly route: Route }) {
  const version = useLive(({ host }) => host?.version);
  return (
    <header className={css.side}>
      <div className={css.brand}>
        <img src="./icon.svg" alt="" />
        Rollbook
      </div>
      <GoTo />
      <nav className={css.nav} aria-label="Screens">
        <ul>
          {screens.map((screen) => (
            <li key={screen.place}>
              <NavLink screen={screen} isCurrent={route.place === screen.place} />
            </li>
          ))}
        </ul>
      </nav>
      {version !== undefined && <p className={css.foot}>Version {version}</p>}
    </header>
  );
}

const NavLink = ({ screen, isCurrent }: { readonly screen: Screen; readonly isCurrent: boolean }) => (
  <a className={css.link} href={hrefOf(screen.place)} aria-current={isCurrent ? 'page' : undefined}>
    <Icon name={screen.icon} />
    {screen.label}
  </a>
);

function EngineNotice() {
  const engine = useLive(({ host }) => host?.engine);
  if (engine === undefined || engine.state === 'running' || engine.state === 'starting') return null;
  return (
    <div className={css.top}>
      {engine.state === 'restarting' ? (
        <Notice tone="wait" isAlert title="The engine stopped and is being started again">
          <p>What the API confirmed is in the ledger. Nothing is sent twice.</p>
        </Notice>
      ) : (
        <Notice tone="bad" isAlert title="The engine cannot be started">
          <p>{engine.sentence}</p>
        </Notice>
      )}
    </div>
  );
}
