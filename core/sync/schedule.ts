/**
 * When a batch begins by itself: from a schedule and the clock alone, nothing kept. Times of day are those of this
 * workstation's clock, by `Date`: one that the change to daylight-saving time leaves out is an hour later that day, and
 * one that the change back brings twice is taken the first time.
 */
import type { Schedule } from '../contract/schemas.ts';

export interface Moment {
  readonly now: number;
  /**
   * Since when due times count: when the last batch began by itself, or the schedule was made. One that lies ahead (the
   * clock was put back) counts as now.
   */
  readonly last: number;
  /** For `export`: since when a changed export is ready; null while there is none. */
  readonly ready?: number | null;
}

/** What one due time and the next have between them at least: later than that, and a run was missed. */
const SHORTEST_MS = 5 * 60_000;
/** Due times of day that are counted at most: a computer may have stood in a cupboard for years. */
const MOST_COUNTED = 1000;

/**
 * @returns when the next batch begins by itself, in milliseconds since 1970: not after `now` where it is due; null where
 *   none does. Whatever was missed is due once, not once for each time.
 */
export function nextRun(schedule: Schedule, moment: Moment): number | null {
  const due = dueAt(schedule, moment);
  if (due === null) return null;
  const paused = Math.max(due, schedule.pausedUntil ?? due);
  const begins = Math.max(paused, moment.now);
  const end = quietEnd(schedule, begins);
  return end ?? paused;
}

/** @returns whether no batch begins by itself at that time, because of the quiet hours */
export const isQuiet = (schedule: Schedule, at: number): boolean => quietEnd(schedule, at) !== null;

/** @returns when the quiet hours end that hold at that time; null outside of them */
export function quietEnd(schedule: Schedule, at: number): number | null {
  const { quiet } = schedule;
  if (quiet === null) return null;
  const over = minutesOf(quiet.to) < minutesOf(quiet.from) ? 1 : 0;
  // By their two ends rather than by the hour on the clock: an hour that comes twice is in them once.
  for (const day of [-1, 0]) {
    const end = onDay(at, day + over, quiet.to);
    // In the night the clock is put forward, an end that is left out may be where the next quiet hours begin.
    if (onDay(at, day, quiet.from) <= at && at < end) return quietEnd(schedule, end) ?? end;
  }
  return null;
}

/** @returns whether a batch should have begun a good while ago, and did not: the computer slept, or was off */
export const missed = (schedule: Schedule, moment: Moment): boolean => missedBy(schedule, moment) !== undefined;

/** @returns how many due times went by, and by how many milliseconds the first was missed; undefined where none was */
export function missedBy(
  schedule: Schedule,
  { now, last }: Moment,
): { readonly runs: number; readonly lateMs: number } | undefined {
  const { when } = schedule;
  if (when.kind === 'off' || when.kind === 'export' || last >= now) return undefined;
  // What is put off to the end of the quiet hours, or of the pause, is not missed.
  const first = nextRun(schedule, { now: last, last });
  if (first === null || now - first <= SHORTEST_MS) return undefined;
  let runs = 1;
  if (when.kind === 'every') runs += Math.floor((now - first) / (when.minutes * 60_000));
  else {
    for (let at = first; runs < MOST_COUNTED; runs++) {
      const following = timeAfter(when.times, when.days, at);
      if (following === null || following > now) break;
      at = following;
    }
  }
  return { runs: Math.min(runs, MOST_COUNTED), lateMs: now - first };
}

/** When a batch would begin, were there neither quiet hours nor a pause. */
function dueAt({ when, pausedUntil }: Schedule, { now, last, ready = null }: Moment): number | null {
  const since = Math.min(last, now);
  switch (when.kind) {
    case 'off':
      return null;
    case 'every':
      return since + when.minutes * 60_000;
    case 'times':
      // What fell into the pause was meant not to run: the first time after it counts.
      return timeAfter(when.times, when.days, Math.max(since, (pausedUntil ?? 0) - 1));
    case 'export':
      return ready;
  }
}

/** The first of the times of day, on one of the days, that is later than `after`. */
function timeAfter(times: readonly string[], days: readonly number[], after: number): number | null {
  // Eight days: the only day of a week may be today, with its times over.
  for (let ahead = 0; ahead <= 8; ahead++) {
    const on = new Date(onDay(after, ahead, '12:00')).getDay();
    if (!days.includes(on)) continue;
    const later = times.map((time) => onDay(after, ahead, time)).filter((at) => at > after);
    if (later.length > 0) return Math.min(...later);
  }
  return null;
}

const minutesOf = (clock: string): number => Number(clock.slice(0, 2)) * 60 + Number(clock.slice(3));

/** A time of day, that many days after the day of `at`. */
function onDay(at: number, days: number, clock: string): number {
  const date = new Date(at);
  return new Date(
    date.getFullYear(),
    date.getMonth(),
    date.getDate() + days,
    Number(clock.slice(0, 2)),
    Number(clock.slice(3)),
  ).getTime();
}
