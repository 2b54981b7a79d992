/** Numbers, times and names as a person reads them. English throughout; the same on every machine. */

const whole = new Intl.NumberFormat('en-US');

/** `12,345` */
export const number = (value: number): string => whole.format(value);

/** `1 record`, `12,345 records` */
export const plural = (count: number, one: string, many = `${one}s`): string =>
  `${number(count)} ${count === 1 ? one : many}`;

/** `a`, `a and b`, `a, b and c` */
export const list = (words: readonly string[]): string =>
  words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} and ${words.at(-1)}`;

const absoluteFormat = new Intl.DateTimeFormat('en-US', {
  weekday: 'short',
  year: 'numeric',
  month: 'short',
  day: 'numeric',
  hour: 'numeric',
  minute: '2-digit',
});

/** `Sat, Nov 21, 2026, 6:12 AM`, in this machine's time zone. */
export const absolute = (at: number): string => absoluteFormat.format(at);

const dayFormat = new Intl.DateTimeFormat('en-US', { weekday: 'short', month: 'short', day: 'numeric' });
/** `Sat, Nov 21` */
export const day = (at: number): string => dayFormat.format(at);

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const relativeFormat = new Intl.RelativeTimeFormat('en-US', { numeric: 'auto' });

/** `just now`, `5 minutes ago`, `yesterday`, `in 3 hours`. */
export function relative(at: number, now: number): string {
  const away = at - now;
  const size = Math.abs(away);
  if (size < MINUTE) return away > 0 ? 'in a moment' : 'just now';
  if (size < HOUR) return relativeFormat.format(Math.trunc(away / MINUTE), 'minute');
  if (size < DAY) return relativeFormat.format(Math.trunc(away / HOUR), 'hour');
  return relativeFormat.format(Math.round(away / DAY), 'day');
}

/** `0.4 s`, `12 s`, `3 min 5 s`, `2 h 4 min` */
export function duration(seconds: number): string {
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  if (seconds < 60) return `${Math.floor(seconds)} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min ${Math.floor(seconds % 60)} s`;
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** `820 bytes`, `12 KB`, `3.4 MB` */
export function bytes(size: number): string {
  if (size < 1024) return plural(size, 'byte');
  const units = ['KB', 'MB', 'GB', 'TB'];
  let value = size / 1024;
  let unit = 0;
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit += 1;
  }
  return `${value < 10 ? value.toFixed(1) : Math.round(value)} ${units[unit]}`;
}

/** `12 %`; `< 1 %` where it is something but little. */
export function share(part: number, of: number): string {
  if (of === 0 || part === 0) return '0 %';
  const percent = (part / of) * 100;
  return percent < 1 ? '< 1 %' : `${Math.round(percent)} %`;
}
