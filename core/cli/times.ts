/** Times as a person gives them: a date, a date and a time, or how long ago. All in this machine's own time zone. */
import { InvalidArgumentError } from 'commander';

/** Milliseconds since 1970, both included. */
export interface Span {
  readonly from: number;
  readonly to: number;
}

const HOUR = 3_600_000;
const AGO = { h: HOUR, d: 24 * HOUR } as const;

/** A day of this machine's calendar. @param month from 0; a day past the month's end is one of the next */
const day = (year: number, month: number, date: number): Span => ({
  from: new Date(year, month, date).getTime(),
  // Not 24 hours later: on two days of the year a day is longer or shorter.
  to: new Date(year, month, date + 1).getTime() - 1,
});

const DATE = /^(\d{4})-(\d\d)-(\d\d)$/;
const DATE_TIME = /^(\d{4})-(\d\d)-(\d\d)[T ]([01]\d|2[0-3]):[0-5]\d(:[0-5]\d(\.\d{1,3})?)?(Z|[+-]\d\d:?\d\d)?$/i;

/** @returns whether the calendar has such a day: 30 February is none */
function isDay(year: number, month: number, date: number): boolean {
  const made = new Date(year, month - 1, date);
  return made.getFullYear() === year && made.getMonth() === month - 1 && made.getDate() === date;
}

/**
 * @param text `2026-11-21`, `2026-11-21T14:30`, `today`, `yesterday`, `2h`, `3d`
 * @param now milliseconds since 1970
 * @returns a day where a day is named, else one moment; undefined for what is no time
 */
export function spanOf(text: string, now: number): Span | undefined {
  const given = text.trim();
  const today = new Date(now);
  const [year, month, date] = [today.getFullYear(), today.getMonth(), today.getDate()];
  if (/^today$/i.test(given)) return day(year, month, date);
  if (/^yesterday$/i.test(given)) return day(year, month, date - 1);
  const ago = /^(\d{1,5})\s?([hd])$/i.exec(given);
  if (ago !== null) {
    const at = now - Number(ago[1]) * AGO[ago[2]?.toLowerCase() as keyof typeof AGO];
    return { from: at, to: at };
  }
  const named = DATE.exec(given) ?? DATE_TIME.exec(given);
  if (named === null || !isDay(Number(named[1]), Number(named[2]), Number(named[3]))) return undefined;
  if (DATE.test(given)) return day(Number(named[1]), Number(named[2]) - 1, Number(named[3]));
  // Without a zone, a date with a time is in this machine's own.
  const at = Date.parse(given.replace(' ', 'T').toUpperCase());
  return Number.isNaN(at) ? undefined : { from: at, to: at };
}

function parsed(text: string): Span {
  const span = spanOf(text, Date.now());
  if (span !== undefined) return span;
  throw new InvalidArgumentError(
    'has to be a date (2026-11-21), a date and a time (2026-11-21T14:30), today, yesterday, or how long ago: 2h for hours, 3d for days.',
  );
}

/** Takes what `--since` is given. @returns milliseconds since 1970; of a day its beginning */
export const toSince = (text: string): number => parsed(text).from;
/** Takes what `--until` is given. @returns milliseconds since 1970; of a day its end */
export const toUntil = (text: string): number => parsed(text).to;
