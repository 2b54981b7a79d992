/** What a bundle adds to the kinds of field that events have: exact counts from ten on, and times as a person reads them. */
import { z } from 'zod';
import { integer, timeField } from '../fields.ts';

/** Whole, from nought, and small enough to be exact. */
export const countKind = integer(0, 1_000_000_000_000);

/** Milliseconds since 1970. */
export const timeKind = timeField;

export const statusKind = integer(100, 599);

/** A count as it leaves the house: exact from ten on, so that a small number points at nobody. */
export type Bucketed = number | '<10';
export const bucketed = (count: number): Bucketed => (count === 0 || count >= 10 ? count : '<10');
export const bucketedKind = z.union([countKind, z.literal('<10')]);

/** Takes epoch milliseconds; gives the one form in which a bundle writes a time: `2026-11-21T05:32:10.123Z`. */
export const isoTime = (at: number): string => new Date(at).toISOString();
