/** Problems in a steward's words. What is of a person is in none of these: only what is opened as a record shows it. */
import type { GroupState, ProblemGroupView, ProblemRecordView, SyncResult } from '../../../core/contract/schemas.ts';
import type { IconName } from '../../components/icons.tsx';
import type { Tone } from '../../components/Notice.tsx';
import { list, plural } from '../../text/format.ts';
import { midSentence, plainly } from '../../text/names.ts';

export const STATES: Readonly<
  Record<
    GroupState,
    { readonly word: string; readonly tone: Tone | 'plain'; readonly icon?: IconName; readonly means: string }
  >
> = {
  new: { word: 'New', tone: 'wait', means: 'Met first in the last batch.' },
  ongoing: { word: 'Ongoing', tone: 'plain', means: 'It was there before the last batch.' },
  regressed: { word: 'Came back', tone: 'bad', means: 'It was gone, or marked as fixed, and is there again.' },
  fixed: { word: 'Marked as fixed', tone: 'info', icon: 'check', means: 'The next batch shows whether it is.' },
  ignored: { word: 'Ignored', tone: 'plain', icon: 'minus', means: 'Off the list until you put it back.' },
  resolved: { word: 'Resolved', tone: 'good', means: 'Nothing is left of it.' },
};

const PEOPLE: Readonly<Record<string, string>> = {
  steward: 'You',
  sis: 'Who enters data in the SIS',
  'api-host': 'Who runs the API',
  vendor: 'The vendor',
};
/** Who usually can put it right. */
export const whoCan = (who: string): string => PEOPLE[who] ?? who;

/** `student school associations`, in mid-sentence. */
export const resourceWords = midSentence;

/** A code is of the export's vocabulary, and of no person; any other value is shown with its record alone. */
const codeOf = ({ code, value }: ProblemGroupView): string | undefined =>
  code === 'descriptor-unmapped' && value !== null ? value : undefined;

/** `The code “EE” has no grade level descriptor` */
export function headline(group: ProblemGroupView): string {
  const code = codeOf(group);
  if (code !== undefined && group.subject !== null) return `The code “${code}” has no ${resourceWords(group.subject)}`;
  return plainly(group.title);
}

/** How many records its end would release. */
export const blockedBy = ({ records, held }: Pick<ProblemGroupView, 'records' | 'held'>): number => records + held;

/** `1 record in students, and 17 that wait for it` */
export function blocks({ records, held, resource, state, occurrences }: ProblemGroupView): string {
  const where = resourceWords(resource);
  if (state === 'resolved') return `Nothing is left of ${plural(occurrences, 'record')} in ${where}`;
  return `${plural(records, 'record')} in ${where}${waiting(records, held)}`;
}

/** `, and 17 that wait for it`; nothing where none does. */
export const waiting = (records: number, held: number): string =>
  held === 0
    ? ''
    : `, and ${plural(held, 'record')} that ${held === 1 ? 'waits' : 'wait'} for ${records === 1 ? 'it' : 'them'}`;

/** `users.csv, row 107` */
export const placeOf = ({
  file,
  row,
}: {
  readonly file: string | null;
  readonly row: number | null;
}): string | undefined => (file === null ? undefined : row === null ? file : `${file}, row ${row}`);

const RECORD_STATES: Readonly<Record<ProblemRecordView['state'], string>> = {
  rejected: 'Rejected here',
  held: 'Waits',
  failed: 'Refused by the API',
  planned: 'Planned',
};
/** `Refused by the API (409), goes again with the next batch` */
export function recordState({ state, status, retry }: Pick<ProblemRecordView, 'state' | 'status' | 'retry'>): string {
  return `${RECORD_STATES[state]}${status === null ? '' : ` (${status})`}${retry ? ', goes again with the next batch' : ''}`;
}
export const RECORD_TONES: Readonly<Record<ProblemRecordView['state'], Tone>> = {
  rejected: 'bad',
  held: 'wait',
  failed: 'bad',
  planned: 'info',
};

const KINDS: Readonly<Record<ProblemRecordView['kind'], string>> = {
  create: 'New',
  update: 'Change',
  delete: 'Deletion',
  'key change': 'Change of its key',
};
export const kindOf = (kind: ProblemRecordView['kind']): string => KINDS[kind];

const CONFIDENCE: Readonly<Record<string, string>> = { high: 'Very likely', medium: 'Likely', low: 'Perhaps' };
/** How sure a suggestion is. */
export const confidence = (word: string): string => CONFIDENCE[word] ?? word;

/** A descriptor's URI in two: what it is called, and whose it is. */
export function partsOfUri(uri: string): { readonly value: string; readonly namespace: string } {
  const at = uri.indexOf('#');
  return at < 0 ? { value: uri, namespace: '' } : { value: uri.slice(at + 1), namespace: uri.slice(0, at) };
}

export interface Outcome {
  readonly tone: Tone;
  readonly title: string;
  readonly sentences: readonly string[];
}

/** What came of sending again. */
export function outcomeOf(result: SyncResult & { readonly selected: number }): Outcome {
  const { account, state, selected, stopped, left } = result;
  const confirmed = account.created + account.updated + account.deleted;
  if (state === 'waiting') {
    return {
      tone: 'wait',
      title: 'Nothing was sent: the plan waits for your approval',
      sentences: ['It would change more than is usual. Look at it, and approve it, in Batches.'],
    };
  }
  if (state === 'stopped') {
    return {
      tone: 'wait',
      title: `Stopped after ${plural(confirmed, 'record')}`,
      sentences: [
        stopped?.sentence ?? 'It ended early.',
        `What the API confirmed is kept and does not go twice. ${plural(left, 'record')} ${left === 1 ? 'is' : 'are'} left to send.`,
      ],
    };
  }
  if (selected === 0) return { tone: 'info', title: 'There was nothing to send again', sentences: [] };
  const open = [
    account.rejected > 0 ? `${plural(account.rejected, 'record')} rejected here` : undefined,
    account.held > 0 ? `${plural(account.held, 'record')} waiting` : undefined,
    account.failed > 0 ? `${plural(account.failed, 'record')} refused` : undefined,
  ].filter((part) => part !== undefined);
  return {
    tone: confirmed > 0 ? 'good' : 'wait',
    title:
      confirmed > 0 ? `The API confirmed ${plural(confirmed, 'record')}` : 'Nothing has changed: the same came back',
    sentences: [
      open.length === 0
        ? 'Nothing at this connection is held back any more.'
        : `Not in the API at this connection: ${list(open)}.`,
    ],
  };
}
