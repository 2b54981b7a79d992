/** What is not in the API yet, by cause: in words for a person, and as lines for a program. */
import pc from 'picocolors';
import type { ProblemGroupView } from '../contract/schemas.ts';
import { cut, number, out, plural, printable, wrap } from './terminal.ts';

/** Where a person is, for the commands they may run next. */
export interface Place {
  readonly connection: string;
  /** `--data`, where it was given. */
  readonly data: string | undefined;
  /** False where the connection is gone when the person reads it (the demo). */
  readonly stays: boolean;
}

const PEOPLE: Record<string, string> = {
  steward: 'you',
  sis: 'SIS data entry',
  'api-host': "the API's host",
  vendor: 'the vendor',
};

const LONGEST = 60;

/** A value for a shell, so that whatever an export holds is taken as a word and nothing else. */
function quoted(text: string): string {
  if (/^[\w.,:/#@%+=-]+$/.test(text)) return text;
  return process.platform === 'win32' ? `"${text.replaceAll('"', '""')}"` : `'${text.replaceAll("'", "'\\''")}'`;
}

/** The command that pairs the group's code with a value; undefined where it would not be one. */
function pairing(group: ProblemGroupView, place: Place, uri: string): string | undefined {
  const { subject, value } = group;
  if (subject === null || value === null || printable(value) !== value || value.length > LONGEST) return undefined;
  const folder = place.data === undefined ? '' : ` --data ${quoted(place.data)}`;
  const words = [subject, value, uri].map(quoted).join(' ');
  return `rollbook descriptors map --connection ${quoted(place.connection)}${folder} ${words}`;
}

function printPairing(group: ProblemGroupView, place: Place, indent: string): void {
  if (group.code !== 'descriptor-unmapped') return;
  const [best] = group.suggestions;
  const uri = best === undefined ? undefined : printable(best.uri);
  if (uri !== undefined) out(wrap(`Perhaps ${uri} (${best?.confidence} confidence).`, indent));
  const command = place.stays ? pairing(group, place, uri ?? 'uri://…#…') : undefined;
  // Left whole, so that it can be copied.
  if (command !== undefined) out(pc.dim(`${indent}${command}`));
}

export function printProblems(problems: readonly ProblemGroupView[], place: Place): void {
  if (problems.length === 0) return;
  const count = problems.length === 1 ? 'One cause' : `${number(problems.length)} causes`;
  out(pc.bold(`${count} to look at${problems.length === 1 ? '' : ', the one that holds back most first'}`));
  const digits = String(problems.length).length;
  const indent = ' '.repeat(digits + 4);
  problems.forEach((group, index) => {
    const value = group.value === null ? '' : `: ${cut(printable(group.value), LONGEST)}`;
    const held =
      group.held === 0 ? '' : `, and ${number(group.held)} held because of ${group.records === 1 ? 'it' : 'them'}`;
    const first = group.file === null ? '' : `; first at ${printable(group.file)} row ${group.row ?? 1}`;
    out(wrap(`${pc.bold(group.title)}${value}`, `${String(index + 1).padStart(digits + 2)}. `));
    out(wrap(`${plural(group.records, 'record')} in ${group.resource}${held}${first}`, indent));
    out(wrap(group.what, indent));
    out(wrap(`${PEOPLE[group.who] ?? group.who}: ${group.fix}`, `${indent}${pc.cyan('→')} `));
    printPairing(group, place, indent);
  });
  out();
}

/**
 * A group for a program, whose output may be kept as a log: the code to be paired stays, since somebody has to pair it;
 * any other value of a record is left out, and found by file and row.
 */
export const forPrograms = (group: ProblemGroupView): ProblemGroupView =>
  group.code === 'descriptor-unmapped' ? group : { ...group, value: null };
