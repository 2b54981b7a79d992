/** Numbers, times and durations as the page shows them: always the same, whatever the language of the machine. */
import type { Bucketed } from './kinds.ts';
import { MONTHS, TEXT } from './page-text.ts';

/** `12345` → `12,345`: with this no count on the page is a long run of digits. */
export const grouped = (count: number): string => String(count).replace(/\B(?=(\d{3})+$)/g, ',');

export const shownCount = (count: Bucketed): string => (typeof count === 'number' ? grouped(count) : count);

/** Takes `2026-11-21T05:32:10.123Z`; gives `21 Nov 2026, 05:32 UTC`. */
export const shownTime = (iso: string): string => {
  const [, year, month, day, time] = /^(\d{4})-(\d\d)-(\d\d)T(\d\d:\d\d)/.exec(iso) ?? [];
  return `${Number(day)} ${MONTHS[Number(month) - 1]} ${year}, ${time} ${TEXT.utc}`;
};

/** Takes milliseconds; gives the two largest units: `2 h 5 min`, `41 s`, `180 ms`. */
export const shownDuration = (ms: number): string => {
  if (ms < 1_000) return `${Math.round(ms)} ${TEXT.millisecond}`;
  const seconds = Math.round(ms / 1_000);
  if (seconds < 60) return `${seconds} ${TEXT.second}`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} ${TEXT.minute} ${seconds % 60} ${TEXT.second}`;
  return `${grouped(Math.floor(minutes / 60))} ${TEXT.hour} ${minutes % 60} ${TEXT.minute}`;
};

/** Takes bytes; gives `1,024 MB`, rounded up so that a small file is not nothing. */
export const shownMegabytes = (megabytes: number): string => `${grouped(megabytes)} ${TEXT.megabytes}`;
