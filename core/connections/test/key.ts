/** What the key is for, and whether that is enough for what the connection wants to send. */
import type { KeyInfoView } from '../../contract/schemas.ts';
import type { TokenInfo } from '../../edfi/client.ts';
import type { ResourceName } from '../../edfi/model.ts';
import { type Finding, failed, passed, warned } from './finding.ts';

export type Operation = 'Create' | 'Read' | 'Update' | 'Delete';

export interface NeededResource {
  readonly name: ResourceName;
  readonly operations: readonly Operation[];
}

/** @returns what the API told, in the contract's shape */
export const keyInfoOf = (info: TokenInfo): KeyInfoView => ({
  active: info.active,
  educationOrganizations: info.educationOrganizations.map((one) => ({
    id: String(one.educationOrganizationId),
    name: one.nameOfInstitution ?? null,
    type: one.type ?? null,
  })),
  namespacePrefixes: [...info.namespacePrefixes],
  profiles: [...info.assignedProfiles],
  claimSet: info.claimSet ?? null,
  resources: info.resources?.map(({ resource, operations }) => ({ resource, operations: [...operations] })) ?? null,
});

/** The claim set's name comes from the server: only what looks like one is repeated. */
const claimSetOf = ({ claimSet }: KeyInfoView): string =>
  claimSet !== null && /^[\w .()/&-]{1,80}$/.test(claimSet) ? `the claim set "${claimSet}"` : "the key's claim set";

const counted = (count: number, one: string, many: string): string => `${count} ${count === 1 ? one : many}`;

/** @param info undefined where the API has no such endpoint */
export function judgeKey(info: KeyInfoView | undefined): Finding {
  if (info === undefined) {
    return warned(
      'The API does not tell what the key may do.',
      "Nothing has to be done; if records are refused later, ask the API's host for the key's education organizations and claim set.",
    );
  }
  if (!info.active) {
    return failed(
      'credentials-refused',
      'The API says that the key is not active.',
      "Ask the API's host to activate it.",
    );
  }
  const organizations = info.educationOrganizations.length;
  if (organizations === 0) {
    return warned(
      'The key is for no education organization: the API will refuse nearly every record.',
      "Ask the API's host to assign your district to the key.",
    );
  }
  const what = `The key is for ${counted(organizations, 'education organization', 'education organizations')}`;
  if (info.profiles.length > 1) {
    return warned(
      `${what}, and has ${info.profiles.length} profiles assigned, of which an API applies none by itself.`,
      "Ask the API's host to leave one profile with the key.",
    );
  }
  return passed(info.claimSet === null ? `${what}.` : `${what}, with ${claimSetOf(info)}.`);
}

const MOST_NAMED = 4;

function inWords(lacking: readonly { readonly name: ResourceName; readonly operations: readonly string[] }[]): string {
  const named = lacking
    .slice(0, MOST_NAMED)
    .map(({ name, operations }) => `${name} (${operations.join(', ').toLowerCase()})`)
    .join('; ');
  const rest = lacking.length - MOST_NAMED;
  return rest > 0 ? `${named}; and ${rest} more` : named;
}

/** @param needed what the connection's mapping makes, less what is switched off */
export function judgePermissions(info: KeyInfoView | undefined, needed: readonly NeededResource[]): Finding {
  const list = info?.resources ?? undefined;
  if (info === undefined || list === undefined) {
    return warned(
      'The API does not tell what the claim set allows: the first records will.',
      `Nothing has to be done. To be sure, ask the API's host whether the key may send ${counted(needed.length, 'resource', 'resources')} of this connection.`,
    );
  }
  const allowed = new Map(
    list.map(({ resource, operations }) => [
      resource.replace(/^\/+/, '').toLowerCase(),
      new Set(operations.map((operation) => operation.toLowerCase())),
    ]),
  );
  const lacking = needed.flatMap(({ name, operations }) => {
    const own = allowed.get(name.toLowerCase());
    const missing = operations.filter((operation) => own?.has(operation.toLowerCase()) !== true);
    return missing.length === 0 ? [] : [{ name, operations: missing }];
  });
  if (lacking.length === 0)
    return passed(`The key may send all ${counted(needed.length, 'resource', 'resources')} of this connection.`);
  const claimSet = claimSetOf(info);
  const onlyDeletes = lacking.every(({ operations }) => operations.every((operation) => operation === 'Delete'));
  if (onlyDeletes) {
    return warned(
      `The key may not delete: ${inWords(lacking)}.`,
      `Ask the API's host to add it to ${claimSet}, or let the connection keep records that vanish.`,
    );
  }
  return failed(
    'api-unusable',
    `The key lacks rights for what this connection sends: ${inWords(lacking)}.`,
    `Ask the API's host to add them to ${claimSet}, or switch these resources off.`,
  );
}
