/**
 * For the screens that show one connection at a time: `#/sources/north`. Without a name in the address it is the only one
 * there is, or the steward is asked which.
 */
import type { ReactNode } from 'react';
import { Button as AriaButton, ListBox, ListBoxItem, Popover, Select, SelectValue } from 'react-aria-components';
import type { Place } from '../../core/contract/host.ts';
import { go, hrefOf } from '../app/routes.ts';
import { useQuery } from '../client/query.ts';
import { LinkButton } from './Button.tsx';
import field from './Field.module.css';
import css from './ForConnection.module.css';
import { Icon } from './icons.tsx';
import { Empty, Loaded } from './Notice.tsx';
import { Card, Page } from './Page.tsx';

export interface ForConnectionProps {
  readonly place: Place;
  /** The path of the screen: its first word is the connection. */
  readonly path: readonly string[];
  /** The screen's title, where the steward is asked. */
  readonly title: string;
  /** `Which connection’s source do you want to see?` */
  readonly question: string;
  readonly children: (connection: string) => ReactNode;
}

export function ForConnection({ place, path, title, question, children }: ForConnectionProps) {
  const [named] = path;
  const all = useQuery('connections.list', {});
  if (named !== undefined) {
    return (
      <KnownConnection place={place} name={named}>
        {children(named)}
      </KnownConnection>
    );
  }
  if (all.state === 'ready' && all.data.length === 1 && all.data[0] !== undefined) return children(all.data[0].name);
  return (
    <Page title={title} lead={question} width="narrow">
      <Loaded query={all} what="Loading connections">
        {(connections) => (
          <ul className={css.choices}>
            {connections.map(({ name, inWords }) => (
              <li key={name}>
                <Card className={css.choice ?? ''}>
                  <a href={hrefOf(place, name)}>{name}</a>
                  <span className={css.aside}>{inWords ?? 'Not tested yet'}</span>
                </Card>
              </li>
            ))}
          </ul>
        )}
      </Loaded>
    </Page>
  );
}

/** What is shown of a connection, where there is one of this name: it may have been removed, or renamed, since. */
export function KnownConnection({
  place,
  name,
  children,
}: {
  readonly place: Place;
  readonly name: string;
  readonly children: ReactNode;
}) {
  const all = useQuery('connections.list', {});
  const isKnown = all.state !== 'ready' || all.data.some((one) => one.name.toLowerCase() === name.toLowerCase());
  if (isKnown) return children;
  return (
    <Page title="There is no such connection" name="Not found">
      <Empty
        title={`“${name}” is not here`}
        actions={
          <LinkButton href={hrefOf(place)}>{place === 'connections' ? 'To the list' : 'Choose another'}</LinkButton>
        }
      >
        It was removed, or has another name now.
      </Empty>
    </Page>
  );
}

/** Leads to the same screen of another connection; nothing where there is only one. */
export function ConnectionSwitch({ place, connection }: { readonly place: Place; readonly connection: string }) {
  const all = useQuery('connections.list', {});
  if (all.state !== 'ready' || all.data.length < 2) return null;
  return (
    <Select aria-label="Connection" value={connection} onChange={(key) => go(hrefOf(place, String(key)))}>
      <AriaButton className={`${field.input} ${field.select} ${css.switch}`}>
        <SelectValue className={css.value ?? ''} />
        <Icon name="down" />
      </AriaButton>
      <Popover className={field.popover ?? ''}>
        <ListBox className={field.list ?? ''} items={all.data}>
          {({ name }) => (
            <ListBoxItem id={name} textValue={name} className={field.item ?? ''}>
              {name}
            </ListBoxItem>
          )}
        </ListBox>
      </Popover>
    </Select>
  );
}
