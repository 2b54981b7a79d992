/** What was found, in words. */
import type { FoundView } from '../../../core/contract/schemas.ts';
import type { Tone } from '../../components/Notice.tsx';
import { inWords } from '../../text/names.ts';

export const FOUND_STATES: Readonly<Record<FoundView['state'], { readonly word: string; readonly tone: Tone }>> = {
  confirmed: { word: 'In the API', tone: 'good' },
  rejected: { word: 'Rejected here', tone: 'bad' },
  held: { word: 'Waits', tone: 'wait' },
  failed: { word: 'Refused by the API', tone: 'bad' },
  planned: { word: 'Planned', tone: 'info' },
  unknown: { word: 'Not in the API', tone: 'wait' },
};

/** `student unique ID`; abbreviations stay capitals. */
export const identifierName = (name: string): string => inWords(name).replace(/\bid\b/g, 'ID');

/** What tells it apart first, what was looked for last: all that were found have that. */
export function identifiersOf({ identifiers }: Pick<FoundView, 'identifiers'>, text: string): string {
  const wanted = text.trim().toLowerCase();
  const isIt = ({ value }: { readonly value: string }): boolean => value.toLowerCase() === wanted;
  return [...identifiers.filter((one) => !isIt(one)), ...identifiers.filter(isIt)]
    .map(({ name, value }) => `${identifierName(name)} ${value}`)
    .join(' · ');
}
