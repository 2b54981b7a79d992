/** How a connection stands, and what to do next, in a steward's words. */
import type { Place } from '../../../core/contract/host.ts';
import type { OverviewView } from '../../../core/contract/schemas.ts';
import type { IconName } from '../../components/icons.tsx';
import type { Tone } from '../../components/Notice.tsx';
import { day, plural } from '../../text/format.ts';

export type Health = OverviewView['health'];
type NextView = OverviewView['next'][number];

export const HEALTH: Readonly<Record<Health, { readonly word: string; readonly tone: Tone; readonly icon: IconName }>> =
  {
    healthy: { word: 'Healthy', tone: 'good', icon: 'check' },
    running: { word: 'Sending', tone: 'info', icon: 'batches' },
    waiting: { word: 'Waiting for you', tone: 'wait', icon: 'wait' },
    'needs-you': { word: 'Needs you', tone: 'wait', icon: 'warning' },
    'never-sent': { word: 'Nothing sent yet', tone: 'info', icon: 'wait' },
  };

export interface Next {
  readonly text: string;
  readonly place: Place;
  readonly path: readonly string[];
}

/** @param connection its name */
export function nextInWords({ kind, count }: NextView, connection: string): Next {
  const at = (place: Place, text: string, ...path: readonly string[]): Next => ({
    text,
    place,
    path: [connection, ...path],
  });
  switch (kind) {
    case 'choose-source':
      return at('sources', 'Choose the folder or zip that your SIS exports to.');
    case 'first-sync':
      return at('batches', 'Look at what would be sent, then send it for the first time.');
    case 'approve-plan':
      return at('batches', 'Look at the plan that waits for your approval.');
    case 'map-codes':
      return at('descriptors', `Pair ${plural(count ?? 1, 'code')} of your SIS with what the state calls it.`);
    case 'fix-problems':
      return at(
        'problems',
        `Look at ${plural(count ?? 1, 'problem')} that ${count === 1 ? 'keeps' : 'keep'} records back.`,
      );
    case 'look-again':
      return at('connections', `Look at ${plural(count ?? 1, 'thing')} that may not fit since it was cloned.`);
    case 'secret-missing':
      return at('connections', 'Enter the key and its secret: this computer does not have the secret.', 'rotate');
    case 'resume':
      return at('batches', 'Send again: the last batch ended early. What was confirmed does not go twice.');
    case 'rotate-key':
      return at('connections', 'Ask for a new key: this one is older than a year.', 'rotate');
  }
}

const SCHEDULES: Readonly<Record<OverviewView['schedule']['state'], string>> = {
  off: 'Batches begin only when you send.',
  'no-source': 'No batch can begin by itself before an export is chosen.',
  due: 'The next batch is due.',
  running: 'A batch is under way.',
  quiet: 'Quiet hours: no batch begins by itself.',
  paused: 'Paused: no batch begins by itself.',
  watching: 'The next batch begins when the export changes.',
  offline: 'There is no network. Batches wait, and go when it is back.',
  'waits-for-approval': 'No batch begins by itself before you have looked at the plan.',
};

/** @returns what is said where the time of the next batch is not known */
export const scheduleInWords = ({ state }: OverviewView['schedule']): string => SCHEDULES[state];

export interface ChartDay {
  /** `Sat, Nov 21` */
  readonly name: string;
  /** `Nov 21` */
  readonly label: string;
  /** Confirmed, held, failed or rejected. */
  readonly values: readonly [number, number, number];
}

/** @returns the days for the chart: what was taken, what waits, what was refused or found wrong */
export const chartDays = (days: OverviewView['days']): ChartDay[] =>
  days.map(({ date, created, updated, deleted, held, failed, rejected }) => {
    // At noon: whatever the time zone, the day stays the day.
    const name = day(new Date(`${date}T12:00:00`).getTime());
    return { name, label: name.replace(/^\w+, /, ''), values: [created + updated + deleted, held, failed + rejected] };
  });

/** What the chart shows, in a sentence. */
export function summaryOf(days: OverviewView['days']): string {
  const batches = days.reduce((sum, one) => sum + one.batches, 0);
  if (batches === 0) return `No batch in the last ${days.length} days.`;
  const shown = chartDays(days);
  const total = shown.reduce((sum, { values }) => sum + values[0], 0);
  const most = shown.reduce((best, one) => (one.values[0] > best.values[0] ? one : best));
  return `${plural(total, 'record')} confirmed in ${plural(batches, 'batch', 'batches')} of the last ${days.length} days, most on ${most.name}.`;
}
