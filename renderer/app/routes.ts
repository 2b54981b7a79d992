/** Where one is: `#/connections/north/keys?tab=…`. Names in it are the steward's own; values of records never are. */
import { useSyncExternalStore } from 'react';
import type { Place } from '../../core/contract/host.ts';

export interface Route {
  /** The first word; undefined where there is no such place. */
  readonly place: Place | undefined;
  readonly path: readonly string[];
  readonly query: URLSearchParams;
}

// Not the contract's own list: with it would come the schemas, which only a host needs.
const places: Readonly<Record<Place, true>> = {
  overview: true,
  connections: true,
  sources: true,
  descriptors: true,
  batches: true,
  problems: true,
  find: true,
  support: true,
  settings: true,
};
const isPlace = (word: string): word is Place => Object.hasOwn(places, word);

/** @param hash with or without its # */
export function parseRoute(hash: string): Route {
  const [before = '', after = ''] = hash.replace(/^#?\/?/, '').split('?', 2);
  const [place = '', ...path] = before
    .split('/')
    .filter((part) => part !== '')
    .map(decode);
  return {
    place: place === '' ? 'overview' : isPlace(place) ? place : undefined,
    path,
    query: new URLSearchParams(after),
  };
}

/** What a person typed into the address need not be well formed. */
function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

/** `hrefOf('connections', 'north')` → `#/connections/north` */
export const hrefOf = (place: Place, ...path: readonly string[]): string =>
  `#/${[place, ...path].map(encodeURIComponent).join('/')}`;

/** The ways to a new connection. They are no names in the path: a connection may have any. */
export const waysIn = {
  connect: `${hrefOf('connections')}?add=connect`,
  import: `${hrefOf('connections')}?add=import`,
} as const;

/** @param href as `hrefOf` gives it */
export function go(href: string): void {
  window.location.hash = href;
}

const subscribe = (listener: () => void): (() => void) => {
  window.addEventListener('hashchange', listener);
  return () => window.removeEventListener('hashchange', listener);
};

/** The hash as it is now; a screen is made anew when it changes. */
export const useHash = (): string => useSyncExternalStore(subscribe, () => window.location.hash);
