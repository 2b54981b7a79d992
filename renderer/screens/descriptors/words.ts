/** Codes, values and pairs as a steward reads them. */
import type { DescriptorCodeView } from '../../../core/contract/schemas.ts';
import type { Tone } from '../../components/Notice.tsx';
import { plural } from '../../text/format.ts';
import { inWords } from '../../text/names.ts';

export type Confidence = DescriptorCodeView['suggestions'][number]['confidence'];

export const CONFIDENCE: Readonly<Record<Confidence, { readonly word: string; readonly tone: Tone | 'plain' }>> = {
  high: { word: 'very likely', tone: 'good' },
  medium: { word: 'likely', tone: 'plain' },
  low: { word: 'a guess', tone: 'plain' },
};

/** `GradeLevelDescriptor` → `Grade level` */
export const typeInWords = (type: string): string => inWords(type.replace(/Descriptor$/, ''));

/** `uri://ed-fi.org/GradeLevelDescriptor#Kindergarten` → `Kindergarten` */
export const valueName = (uri: string): string => uri.slice(uri.indexOf('#') + 1);

/** `uri://ed-fi.org/GradeLevelDescriptor#Kindergarten` → `ed-fi.org`, which tells the state's own values from the standard's. */
export const namespaceOf = (uri: string): string => /^uri:\/\/([^/#]+)/.exec(uri)?.[1] ?? uri.split('#')[0] ?? uri;

/** A code is told from another by its type as well. */
export const keyOf = ({ type, code }: { readonly type: string; readonly code: string }): string => `${type}\n${code}`;

/** A pair to be made. */
export interface Pairing {
  readonly type: string;
  readonly code: string;
  readonly uri: string;
  /** What the steward had chosen before; null where nothing, or where the pair was a shipped one. */
  readonly before: string | null;
  /** Records that wait for it; undefined where that is not known. */
  readonly blocked: number | undefined;
  readonly confidence?: Confidence | undefined;
}

/** @returns the first suggestion of each code that has one; `isEnough` may leave some of them out */
export function suggestedPairs(
  codes: readonly DescriptorCodeView[],
  isEnough: (confidence: Confidence) => boolean = () => true,
): Pairing[] {
  return codes.flatMap(({ type, code, uri, blocked, suggestions: [first] }) =>
    uri !== null || first === undefined || !isEnough(first.confidence)
      ? []
      : [{ type, code, uri: first.uri, before: null, blocked, confidence: first.confidence }],
  );
}

/** Those that wait for two codes are counted for each: `up to`. Undefined where none do. */
export function waitingInWords(pairs: readonly Pairing[]): string | undefined {
  const waiting = pairs.filter(({ blocked }) => (blocked ?? 0) > 0);
  const sum = waiting.reduce((total, { blocked }) => total + (blocked ?? 0), 0);
  if (sum === 0) return undefined;
  return `${waiting.length > 1 ? 'up to ' : ''}${plural(sum, 'record')}`;
}
