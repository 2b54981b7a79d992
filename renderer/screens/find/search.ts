/**
 * What was looked for last, and what was found: kept while the window is open, so that one comes back from a record to where
 * one was. It holds what identifies a person: never in the address, and gone with the window.
 */
import { create } from 'zustand';
import type { FoundInSource } from '../../../core/contract/schemas.ts';

export interface Searched {
  readonly connection: string;
  readonly text: string;
  readonly found: readonly FoundInSource[];
  /** There are more than are shown. */
  readonly more: boolean;
}

export const useSearched = create<{ readonly last: Searched | undefined }>(() => ({ last: undefined }));

export const keepSearched = (last: Searched | undefined): void => useSearched.setState({ last });

const REFERENCE = /^R-[0-9A-Z]{4}-[0-9A-Z]{2}$/i;

/** @returns the reference in its own writing, or undefined where the text is none */
export function referenceIn(text: string): string | undefined {
  const trimmed = text.trim();
  return REFERENCE.test(trimmed) ? trimmed.toUpperCase() : undefined;
}
