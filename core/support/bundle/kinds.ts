/** What a bundle adds to the kinds of field that events have: counts in steps, and times as a person reads them. */
import { z } from 'zod';
import { integer, timeField } from '../fields.ts';

/** Whole, from nought, and small enough to be exact. */
export const countKind = integer(0, 1_000_000_000_000);

/** Milliseconds since 1970. */
export const timeKind = timeField;

export const statusKind = integer(100, 599);

/**
 * A count as it leaves the house: none, fewer than ten, or its first two digits and never more than tens, so that neither
 * a small number nor the difference of two larger ones points at anybody.
 */
export type Bucketed = number | '<10';
export function bucketed(count: number): Bucketed {
  if (count === 0) return 0;
  if (count < 10) return '<10';
  const step = Math.max(10, 10 ** (Math.floor(Math.log10(count)) - 1));
  return Math.floor(count / step) * step;
}
export const bucketedKind = z.union([countKind, z.literal('<10')]);

/** Takes epoch milliseconds; gives the one form in which a bundle writes a time: `2026-11-21T05:32:10.123Z`. */
export const isoTime = (at: number): string => new Date(at).toISOString();
