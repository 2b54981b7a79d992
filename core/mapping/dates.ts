const digit = (code: number): boolean => code >= 48 && code <= 57;

const daysIn = (year: number, month: number): number =>
  month === 2
    ? (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0
      ? 29
      : 28
    : [4, 6, 9, 11].includes(month)
      ? 30
      : 31;

const exists = (year: number, month: number, day: number): boolean =>
  year >= 1000 && month >= 1 && month <= 12 && day >= 1 && (day <= 28 || day <= daysIn(year, month));

const twoDigits = (text: string, at: number): number => (text.charCodeAt(at) - 48) * 10 + text.charCodeAt(at + 1) - 48;

/**
 * A calendar date in ISO form.
 * @param text `2026-08-31`, or a date and time beginning so
 * @returns the ten characters of the date, or undefined when it is not one that exists
 */
export const isoDate = (text: string): string | undefined => {
  if (text.length < 10 || text.charCodeAt(4) !== 45 || text.charCodeAt(7) !== 45) return undefined;
  for (let at = 0; at < 10; at += 1) if (at !== 4 && at !== 7 && !digit(text.charCodeAt(at))) return undefined;
  if (text.length > 10 && text[10] !== 'T' && text[10] !== ' ') return undefined;
  const year = twoDigits(text, 0) * 100 + twoDigits(text, 2);
  if (!exists(year, twoDigits(text, 5), twoDigits(text, 8))) return undefined;
  return text.length === 10 ? text : text.slice(0, 10);
};

const token = /yyyy|MM|M|dd|d/g;

/**
 * Compiles a date format.
 * @param format made of yyyy, MM, M, dd, d and the characters between them: `M/d/yyyy`
 * @returns a function from text to the ISO date, or undefined when the text does not have that form or no such day exists
 */
export const dateReader = (format: string): ((text: string) => string | undefined) => {
  const parts: string[] = [];
  const quote = (text: string) => text.replace(/[.*+?^${}()|[\]\\/-]/g, '\\$&');
  let pattern = '';
  let end = 0;
  for (const match of format.matchAll(token)) {
    parts.push(match[0][0]!);
    pattern += quote(format.slice(end, match.index));
    pattern += match[0] === 'yyyy' ? '(\\d{4})' : match[0].length === 2 ? '(\\d{2})' : '(\\d{1,2})';
    end = match.index + match[0].length;
  }
  const expression = new RegExp(`^${pattern}${quote(format.slice(end))}$`);
  return (text) => {
    const found = expression.exec(text);
    if (found === null) return undefined;
    const value = (part: string): string => found[parts.indexOf(part) + 1] ?? '';
    const [year, month, day] = [value('y'), value('M'), value('d')];
    if (!exists(Number(year), Number(month), Number(day))) return undefined;
    return `${year}-${month.padStart(2, '0')}-${day.padStart(2, '0')}`;
  };
};

/** True when a format names a year, a month and a day, once each. */
export const isDateFormat = (format: string): boolean =>
  [...format.matchAll(token)]
    .map((match) => match[0][0])
    .sort()
    .join('') === 'Mdy';

/** Monday-to-Friday days from one ISO date to another, both included; 0 when the end is before the beginning. */
export const weekdaysBetween = (from: string, to: string): number => {
  const first = Date.parse(`${from}T00:00:00Z`) / 86_400_000;
  const last = Date.parse(`${to}T00:00:00Z`) / 86_400_000;
  if (!(last >= first)) return 0;
  const days = last - first + 1;
  const weeks = Math.floor(days / 7);
  let count = weeks * 5;
  for (let day = first + weeks * 7; day <= last; day += 1) {
    // Day 0 of the epoch was a Thursday.
    const weekday = (((day + 4) % 7) + 7) % 7;
    if (weekday !== 0 && weekday !== 6) count += 1;
  }
  return count;
};
