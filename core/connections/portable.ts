/** A connection as a file: its choices, its descriptor map, and nothing by which anyone could sign in. */
import { type ExportedConnection, exportedConnectionSchema } from '../contract/schemas.ts';
import { checked } from '../errors/checked.ts';
import { Failure } from '../errors/failure.ts';
import type { Profile } from './profile.ts';

type Mapped = ExportedConnection['descriptors'];

const VERSION = 1;

/** @param mappingName the file name of a mapping of the steward's own */
export const exportConnection = (
  name: string,
  profile: Profile,
  descriptors: Mapped,
  mappingName: string | undefined,
): ExportedConnection => ({
  format: 'rollbook-connection',
  version: VERSION,
  name,
  url: profile.url,
  studentId: profile.studentId,
  settings: { ...profile.settings },
  vanished: profile.vanished,
  routeValues: { ...profile.routeValues },
  ca: [...profile.ca],
  off: [...profile.off],
  ...(mappingName === undefined ? {} : { mapping: mappingName }),
  descriptors: descriptors.map(({ type, code, uri }) => ({ type, code, uri })),
});

/** @throws Failure `usage` where it is no export, one of a version that is not known, or not whole */
export function readExport(document: unknown): ExportedConnection {
  const head = typeof document === 'object' && document !== null ? (document as Record<string, unknown>) : {};
  if (head.format !== 'rollbook-connection') {
    throw new Failure('usage', 'This is no exported connection. Choose a file that Rollbook exported.');
  }
  if (head.version !== VERSION) {
    throw new Failure(
      'usage',
      `This connection was exported in a form that this Rollbook does not know (it knows ${VERSION}). Update Rollbook, or export it again with this one.`,
    );
  }
  const parsed = checked(exportedConnectionSchema, document);
  if (parsed.success) return parsed.data;
  // A member's name in the file may be anything: only the ones that the form has are repeated.
  const place = String(parsed.error.issues[0]?.path[0] ?? '');
  const known = Object.hasOwn(exportedConnectionSchema.shape, place) ? ` at "${place}"` : '';
  throw new Failure(
    'usage',
    `This exported connection cannot be read${known}: it was changed, or is not whole. Export it again.`,
  );
}

const same = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b);
const sorted = (pairs: Readonly<Record<string, string>>): [string, string][] => Object.entries(pairs).sort();

function pairsReplaced(
  what: string,
  before: Readonly<Record<string, string>>,
  after: Readonly<Record<string, string>>,
): string[] {
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])].sort();
  const changed = names.filter((name) => before[name] !== after[name]);
  return changed.length === 0 || same(sorted(before), sorted(after)) ? [] : [`${what} change: ${changed.join(', ')}.`];
}

/** @returns what of a connection an import replaces, a sentence each; empty where nothing is different */
export function describeReplaced(profile: Profile, mapped: Mapped, incoming: ExportedConnection): string[] {
  const replaced: string[] = [];
  if (profile.url !== incoming.url) replaced.push(`The address was ${profile.url}.`);
  if (profile.studentId !== incoming.studentId) replaced.push(`A student's unique id was ${profile.studentId}.`);
  if (profile.vanished !== incoming.vanished) replaced.push(`Records that vanish were: ${profile.vanished}.`);
  replaced.push(...pairsReplaced('Settings', profile.settings, incoming.settings));
  replaced.push(...pairsReplaced("Values in the API's addresses", profile.routeValues, incoming.routeValues));
  if (!same([...profile.ca].sort(), [...incoming.ca].sort())) replaced.push('The trusted certificates are others.');
  if (!same([...profile.off].sort(), [...incoming.off].sort())) {
    replaced.push(`Switched off were: ${profile.off.length === 0 ? 'no resources' : profile.off.join(', ')}.`);
  }
  const key = ({ type, code }: Mapped[number]): string => `${type}\n${code}`;
  const next = new Map(incoming.descriptors.map((one) => [key(one), one.uri]));
  const before = new Map(mapped.map((one) => [key(one), one.uri]));
  const changed = mapped.filter((one) => next.has(key(one)) && next.get(key(one)) !== one.uri).length;
  const gone = mapped.filter((one) => !next.has(key(one))).length;
  const added = incoming.descriptors.filter((one) => !before.has(key(one))).length;
  if (changed + gone + added > 0) {
    replaced.push(`Descriptor map: ${changed} codes are mapped otherwise, ${gone} no longer, ${added} anew.`);
  }
  return replaced;
}
