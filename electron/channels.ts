/** What main and preload call each other by. */

/** Where the screens come from; nothing else may speak to main. */
export const SCHEME = 'app';
export const HOST = 'rollbook';
export const ORIGIN = `${SCHEME}://${HOST}`;

/** @returns a command's channel: `rollbook:connections.list` */
export const channelOf = (command: string): string => `rollbook:${command}`;

/** Carries lists of events, from main to the window. */
export const EVENTS_CHANNEL = 'rollbook-events';

/** The addresses of our own pages: the origin and nothing like it. */
export function isOwnPage(address: string): boolean {
  const url = URL.parse(address);
  return url !== null && url.protocol === `${SCHEME}:` && url.host === HOST && url.username === '';
}
