/** A schedule and an export in a steward's words, and a schedule while it is being edited. */
import type { Schedule, ScheduleView, SourceLook } from '../../../core/contract/schemas.ts';
import type { IconName } from '../../components/icons.tsx';
import type { Tone } from '../../components/Notice.tsx';
import { list, plural } from '../../text/format.ts';

/** Monday first; 0 is Sunday. */
export const DAYS = [
  { day: 1, short: 'Mon', long: 'Monday' },
  { day: 2, short: 'Tue', long: 'Tuesday' },
  { day: 3, short: 'Wed', long: 'Wednesday' },
  { day: 4, short: 'Thu', long: 'Thursday' },
  { day: 5, short: 'Fri', long: 'Friday' },
  { day: 6, short: 'Sat', long: 'Saturday' },
  { day: 0, short: 'Sun', long: 'Sunday' },
] as const;

/** `06:30` → `6:30 AM` */
export function clockInWords(clock: string): string {
  const [hours = 0, minutes = 0] = clock.split(':').map(Number);
  return `${hours % 12 === 0 ? 12 : hours % 12}:${String(minutes).padStart(2, '0')} ${hours < 12 ? 'AM' : 'PM'}`;
}

/** `15 minutes`, `hour`, `2 hours`, `day`: what follows “every”. */
export function everyInWords(minutes: number): string {
  if (minutes === 1440) return 'day';
  if (minutes % 60 !== 0) return plural(minutes, 'minute');
  return minutes === 60 ? 'hour' : plural(minutes / 60, 'hour');
}

function daysInWords(days: readonly number[]): string {
  const chosen = DAYS.filter(({ day }) => days.includes(day));
  if (chosen.length === 7) return 'every day';
  if (chosen.length === 5 && !days.includes(0) && !days.includes(6)) return 'Monday to Friday';
  return chosen.length < 3 ? list(chosen.map(({ long }) => `${long}s`)) : list(chosen.map(({ short }) => short));
}

const dateFormat = new Intl.DateTimeFormat('en-US', { month: 'long', day: 'numeric', year: 'numeric' });

/** `Every 15 minutes, but not from 10:00 PM to 5:00 AM.` */
export function scheduleInWords({ when, quiet, pausedUntil }: Schedule, now: number): string {
  const parts: string[] = [];
  switch (when.kind) {
    case 'off':
      return 'Only when you send.';
    case 'every':
      parts.push(`Every ${everyInWords(when.minutes)}`);
      break;
    case 'times':
      parts.push(`At ${list([...when.times].sort().map(clockInWords))}, ${daysInWords(when.days)}`);
      break;
    case 'export':
      parts.push('When the export has changed, and changes no more');
      break;
  }
  if (quiet !== null) parts.push(`but not from ${clockInWords(quiet.from)} to ${clockInWords(quiet.to)}`);
  if (pausedUntil !== null && pausedUntil > now) parts.push(`and not before ${dateFormat.format(pausedUntil)}`);
  return `${parts.join(', ')}.`;
}

export const SCHEDULE_STATES: Readonly<
  Record<ScheduleView['state'], { readonly word: string; readonly tone: Tone | 'plain'; readonly icon: IconName }>
> = {
  off: { word: 'Off', tone: 'plain', icon: 'minus' },
  'no-source': { word: 'No export', tone: 'wait', icon: 'warning' },
  due: { word: 'On', tone: 'good', icon: 'check' },
  running: { word: 'Sending now', tone: 'info', icon: 'batches' },
  quiet: { word: 'Quiet hours', tone: 'info', icon: 'wait' },
  paused: { word: 'Paused', tone: 'wait', icon: 'wait' },
  watching: { word: 'Watching', tone: 'good', icon: 'check' },
  offline: { word: 'No network', tone: 'wait', icon: 'warning' },
  'waits-for-approval': { word: 'Waits for you', tone: 'wait', icon: 'warning' },
};

/** A schedule in the fields of a form. */
export interface Draft {
  readonly kind: Schedule['when']['kind'];
  readonly minutes: number;
  readonly times: readonly string[];
  readonly days: readonly number[];
  readonly isQuiet: boolean;
  readonly from: string;
  readonly to: string;
  readonly isPaused: boolean;
  /** `2027-08-01`; '' while there is none. */
  readonly until: string;
}

const EVERY_DAY: readonly number[] = [0, 1, 2, 3, 4, 5, 6];

/** What is not in the schedule stands in the form as what most would choose. */
export function draftOf({ when, quiet, pausedUntil }: Schedule, now: number): Draft {
  // A pause that is over is none.
  const isPaused = pausedUntil !== null && pausedUntil > now;
  return {
    kind: when.kind,
    minutes: when.kind === 'every' ? when.minutes : 15,
    times: when.kind === 'times' ? when.times : ['06:00'],
    days: when.kind === 'times' ? when.days : EVERY_DAY,
    isQuiet: quiet !== null,
    from: quiet?.from ?? '22:00',
    to: quiet?.to ?? '05:00',
    isPaused,
    until: isPaused ? dateOf(pausedUntil) : '',
  };
}

/** Each as a sentence where it is wrong; all undefined where the draft can be saved. */
export interface DraftErrors {
  readonly times: string | undefined;
  readonly days: string | undefined;
  readonly quiet: string | undefined;
  readonly until: string | undefined;
}

export function errorsOf(draft: Draft, now: number): DraftErrors {
  const isTimes = draft.kind === 'times';
  const hasEmpty = draft.times.some((time) => time === '');
  const isTwice = new Set(draft.times).size < draft.times.length;
  const until = momentOf(draft.until);
  const isOn = draft.kind !== 'off';
  return {
    times: !isTimes
      ? undefined
      : hasEmpty
        ? 'Enter each time, or take it away.'
        : isTwice
          ? 'A time is there twice: take one away.'
          : undefined,
    days: isTimes && draft.days.length === 0 ? 'Choose at least one day.' : undefined,
    quiet:
      !isOn || !draft.isQuiet
        ? undefined
        : draft.from === '' || draft.to === ''
          ? 'Enter when the quiet hours begin and end.'
          : draft.from === draft.to
            ? 'The quiet hours end when they begin: choose another time.'
            : undefined,
    until:
      !isOn || !draft.isPaused
        ? undefined
        : until === undefined
          ? 'Choose the day on which batches begin again.'
          : until <= now
            ? 'This day is over: choose one that is to come.'
            : undefined,
  };
}

/** @returns undefined where something of the draft is wrong */
export function scheduleOf(draft: Draft, now: number): Schedule | undefined {
  if (Object.values(errorsOf(draft, now)).some((error) => error !== undefined)) return undefined;
  return {
    when: whenOf(draft),
    quiet:
      draft.isQuiet && draft.from !== '' && draft.to !== '' && draft.from !== draft.to
        ? { from: draft.from, to: draft.to }
        : null,
    pausedUntil: draft.isPaused ? (momentOf(draft.until) ?? null) : null,
  };
}

function whenOf({ kind, minutes, times, days }: Draft): Schedule['when'] {
  switch (kind) {
    case 'off':
      return { kind };
    case 'every':
      return { kind, minutes };
    case 'times':
      return { kind, times: [...times].sort(), days: [...days].sort() };
    case 'export':
      return { kind };
  }
}

/** `2027-08-01`, of this machine's clock. */
function dateOf(at: number): string {
  const date = new Date(at);
  const two = (value: number): string => String(value).padStart(2, '0');
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
}

/** The midnight with which the day begins here. */
function momentOf(date: string): number | undefined {
  const at = date === '' ? Number.NaN : new Date(`${date}T00:00:00`).getTime();
  return Number.isNaN(at) ? undefined : at;
}

/** A drop of rows that is worth a word before another export takes the place of one. */
const DROP = 0.9;

/** @returns what another export has clearly less of, a sentence each */
export function losses(before: SourceLook, now: SourceLook): string[] {
  return before.tables.flatMap(({ name, file, rows, mode }) => {
    const other = now.tables.find((table) => table.name === name);
    if (other === undefined)
      return rows === 0 ? [] : [`${file} is missing; the one used now has ${plural(rows, 'row')}.`];
    if (mode === 'delta' || other.mode === 'delta' || other.rows >= rows * DROP) return [];
    return [`${other.file} has ${plural(other.rows, 'row')}; the one used now has ${plural(rows, 'row')}.`];
  });
}

/** The last part of a path: `export` of `/home/sis/export` and of `C:\sis\export\`. */
export const lastPart = (path: string): string => /([^/\\]+)[/\\]*$/.exec(path)?.[1] ?? path;
