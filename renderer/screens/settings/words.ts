/** Settings in a steward's words. */
import type { HostState, PracticeWeather, Theme, UpdateState } from '../../../core/contract/host.ts';
import type { CertificateView, LedgerCopyView } from '../../../core/contract/schemas.ts';
import type { Option } from '../../components/Field.tsx';
import type { Tone } from '../../components/Notice.tsx';
import type { Density } from '../../state/view.ts';

export const THEMES: readonly Option<Theme>[] = [
  { value: 'system', label: 'As the system has it' },
  { value: 'light', label: 'Light' },
  { value: 'dark', label: 'Dark' },
];

/** Why a copy of the ledger was made. */
export const COPIES: Readonly<Record<LedgerCopyView['kind'], string>> = {
  daily: 'Made by itself',
  asked: 'Asked for',
  migration: 'Made before an update changed the ledger’s format',
};

export const DENSITIES: readonly Option<Density>[] = [
  { value: 'normal', label: 'Comfortable' },
  { value: 'compact', label: 'Compact', hint: '– more rows on a small screen' },
];

export const WEATHERS: readonly (Option<PracticeWeather> & { readonly said: string })[] = [
  {
    value: 'calm',
    label: 'Nothing',
    hint: '– it answers as an API on a good day',
    said: 'The practice API answers as on a good day again.',
  },
  {
    value: 'expired-tokens',
    label: 'Sign-ins end early',
    hint: '– after 200 requests; Rollbook signs in again',
    said: 'Sign-ins at the practice API end early now.',
  },
  {
    value: 'slow-down',
    label: 'It asks for patience',
    hint: '– above 150 requests a second, and at times for two seconds altogether; Rollbook waits as long as it is told to',
    said: 'The practice API asks for patience now.',
  },
  {
    value: 'dropped-before',
    label: 'Connections break, and nothing was done',
    hint: '– 3 of 100 requests are lost on their way; Rollbook sends them again',
    said: 'Connections to the practice API break on the way there now.',
  },
  {
    value: 'dropped-after',
    label: 'Connections break, and it was done',
    hint: '– 3 of 100 answers are lost; Rollbook sends the same record again, and the API has it once',
    said: 'Connections to the practice API break on the way back now.',
  },
];

export const SYSTEMS: Readonly<Record<HostState['platform'], string>> = {
  windows: 'Windows',
  macos: 'macOS',
  linux: 'Linux',
};

export const HOSTS: Readonly<Record<HostState['host'], string>> = {
  electron: 'Desktop application',
  loopback: 'In this computer’s browser',
};

/** @returns a sentence on where the search for an update stands; what it needs a time for is said elsewhere */
export function updateInWords(update: Exclude<UpdateState, { state: 'unavailable' }>): string {
  switch (update.state) {
    case 'idle':
      return update.checkedAt === null ? 'Rollbook looks for updates by itself.' : 'Rollbook is up to date.';
    case 'checking':
      return 'Looking for an update …';
    case 'downloading':
      return `Version ${update.version} is being fetched.`;
    case 'ready':
      return `Version ${update.version} is ready. It is installed when you leave Rollbook, or at once.`;
    case 'failed':
      return update.sentence;
  }
}

const DAY_MS = 86_400_000;
const SOON_DAYS = 30;

/** @returns what has to be looked at in a certificate; undefined where nothing has */
export function troubleOf(
  certificate: Pick<CertificateView, 'from' | 'until' | 'isAuthority'>,
  now: number,
): { readonly word: string; readonly tone: Tone; readonly sentence: string } | undefined {
  const { from, until, isAuthority } = certificate;
  if (until <= now) {
    return { word: 'Expired', tone: 'bad', sentence: 'It is no longer of use: add the one that took its place.' };
  }
  if (from > now) return { word: 'Not valid yet', tone: 'wait', sentence: 'Check this computer’s clock.' };
  if (until - now < SOON_DAYS * DAY_MS) {
    return { word: 'Ends soon', tone: 'wait', sentence: 'Ask your network administrator for the next one.' };
  }
  if (!isAuthority) {
    return {
      word: 'Of one server',
      tone: 'wait',
      sentence: 'It is no authority’s: only the server that has it is trusted by it.',
    };
  }
  return undefined;
}

const dateFormat = new Intl.DateTimeFormat('en-US', { year: 'numeric', month: 'long', day: 'numeric' });
/** `November 21, 2031` */
export const date = (at: number): string => dateFormat.format(at);
