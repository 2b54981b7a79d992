/** What is not in the API yet, by cause: in words for a person, and as lines for a program. */
import pc from 'picocolors';
import type { GroupState, ProblemGroupView } from '../contract/schemas.ts';
import { commandFor, type Place } from './place.ts';
import { clock, cut, number, out, plural, printable, wrap } from './terminal.ts';

const PEOPLE: Record<string, string> = {
  steward: 'you',
  sis: 'SIS data entry',
  'api-host': "the API's host",
  vendor: 'the vendor',
};

const STATES: Record<GroupState, string> = {
  new: 'new',
  ongoing: 'ongoing',
  regressed: 'back again',
  fixed: 'marked as fixed, to be seen with the next sync',
  ignored: 'ignored',
  resolved: 'over',
};
const PAINT: Partial<Record<GroupState, (text: string) => string>> = {
  new: pc.yellow,
  regressed: pc.red,
  resolved: pc.green,
};

const LONGEST = 60;

/** Whether a steward still has to look at it. */
export const isOpen = ({ state }: ProblemGroupView): boolean =>
  state === 'new' || state === 'ongoing' || state === 'regressed';

/** `A code has no GradeLevelDescriptor: K5` */
export function titleOf(group: ProblemGroupView): string {
  const value = group.value === null ? '' : `: ${cut(printable(group.value), LONGEST)}`;
  return `${pc.bold(group.title)}${value}`;
}

/** `G-7K4M-2Q, new, first seen 2026-11-21 03:47` */
export function standingOf({ group, state, firstSeen, lastSeen }: ProblemGroupView): string {
  const paint = PAINT[state] ?? ((text: string) => text);
  const last = state === 'resolved' ? `, last ${clock(lastSeen)}` : '';
  return `${group}, ${paint(STATES[state])}, first seen ${clock(firstSeen)}${last}`;
}

/** `, and 34 held because of them` @param records how many hold them */
export const becauseOf = (records: number, held: number): string =>
  held === 0 ? '' : `, and ${number(held)} held because of ${records === 1 ? 'it' : 'them'}`;

/** `2 records in studentSchoolAssociations, and 34 held because of them` */
export function blockedBy({ records, held, resource, state, occurrences }: ProblemGroupView): string {
  if (state === 'resolved') return `nothing is left of ${plural(occurrences, 'record')} in ${resource}`;
  return `${plural(records, 'record')} in ${resource}${becauseOf(records, held)}`;
}

/** The command that pairs the group's code with a value; undefined where it would not be one. */
function pairing({ subject, value }: ProblemGroupView, place: Place, uri: string): string | undefined {
  if (subject === null || value === null || printable(value) !== value || value.length > LONGEST) return undefined;
  return commandFor('descriptors map', place, subject, value, uri);
}

/** The commands that are left whole, so that they can be copied. */
const printCommand = (command: string, indent: string): void => out(pc.dim(`${indent}${command}`));

/** Prints what happened, who can do what about it, and the command for it. */
export function printAdvice(group: ProblemGroupView, place: Place, indent: string): void {
  out(wrap(group.what, indent));
  out(wrap(`${PEOPLE[group.who] ?? group.who}: ${group.fix}`, `${indent}${pc.cyan('→')} `));
  const [best] = group.suggestions;
  const uri = best === undefined ? undefined : printable(best.uri);
  if (uri !== undefined) out(wrap(`Perhaps ${uri} (${best?.confidence} confidence).`, indent));
  if (!place.stays) return;
  const command =
    group.code === 'descriptor-unmapped' ? pairing(group, place, uri ?? 'uri://…#…') : retrying(group, place);
  if (command !== undefined) printCommand(command, indent);
}

const retrying = (group: ProblemGroupView, place: Place): string | undefined =>
  group.retryHelps && isOpen(group) ? commandFor('retry', place, '--group', group.group) : undefined;

/** Prints causes, each with its number in the list. */
export function printCauses(groups: readonly ProblemGroupView[], place: Place): void {
  const digits = String(groups.length).length;
  const indent = ' '.repeat(digits + 4);
  groups.forEach((group, index) => {
    const first = group.file === null ? '' : `; first at ${printable(group.file)} row ${group.row ?? 1}`;
    out(wrap(titleOf(group), `${String(index + 1).padStart(digits + 2)}. `));
    out(wrap(standingOf(group), indent));
    out(wrap(`${blockedBy(group)}${first}`, indent));
    printAdvice(group, place, indent);
  });
}

/** `One cause to look at`, `12 causes to look at, the one that holds back most first` */
export function headingOf(count: number): string {
  if (count === 1) return 'One cause to look at';
  return `${number(count)} causes to look at, the one that holds back most first`;
}

/** Prints what a batch left behind. */
export function printProblems(problems: readonly ProblemGroupView[], place: Place): void {
  if (problems.length === 0) return;
  out(pc.bold(headingOf(problems.length)));
  printCauses(problems, place);
  const [first] = problems;
  if (place.stays && first !== undefined) printCloser(first, place);
  out();
}

/** Prints the command that shows a cause from near. */
export function printCloser({ group }: ProblemGroupView, place: Place): void {
  out();
  out(pc.dim(`Look closer: ${commandFor('problems', place, '--group', group)}`));
}

/**
 * A group for a program, whose output may be kept as a log: the code to be paired stays, since somebody has to pair it;
 * any other value of a record is left out, and found by file and row.
 */
export const forPrograms = (group: ProblemGroupView): ProblemGroupView =>
  group.code === 'descriptor-unmapped' ? group : { ...group, value: null };
