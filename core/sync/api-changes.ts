/** What changed in an API since it was last looked at, as far as a connection that sends to it has to know. */
import { type ApiModel, displayName, type PropertyModel, type ResourceName } from '../edfi/model.ts';

export type ApiChange =
  | { readonly kind: 'version'; readonly before: string; readonly after: string }
  | { readonly kind: 'resource-added' | 'resource-removed' | 'key-changed'; readonly resource: ResourceName }
  | {
      readonly kind: 'property-added' | 'property-removed' | 'property-required';
      readonly resource: ResourceName;
      /** `addresses[].streetNumberName`. */
      readonly path: string;
    }
  | { readonly kind: 'descriptor-gone'; readonly type: string; readonly uri: string };

export interface Notice {
  readonly code: string;
  readonly sentence: string;
}

type Flat = ReadonlyMap<string, boolean>;

/** Every property of a resource by its path, and whether it is required where its parent is there. */
function flatten(properties: readonly PropertyModel[], at = '', into = new Map<string, boolean>()): Flat {
  for (const property of properties) {
    const path = `${at}${property.name}`;
    into.set(path, property.required);
    switch (property.kind) {
      case 'collection':
        flatten(property.properties, `${path}[].`, into);
        break;
      case 'object':
        flatten(property.properties, `${path}.`, into);
        break;
      case 'reference':
        for (const member of property.members) into.set(`${path}.${member.name}`, member.required);
        break;
      case 'scalar':
      case 'descriptor':
        break;
    }
  }
  return into;
}

/** A part that came, or went, with what it is a part of is not told twice. */
const isInside = (path: string, others: ReadonlySet<string>): boolean =>
  [...others].some((other) => path !== other && (path.startsWith(`${other}.`) || path.startsWith(`${other}[].`)));

const outermost = (paths: readonly string[]): string[] => {
  const all = new Set(paths);
  return paths.filter((path) => !isInside(path, all));
};

function compareProperties(resource: ResourceName, before: Flat, after: Flat): ApiChange[] {
  const added = [...after.keys()].filter((path) => !before.has(path));
  const removed = [...before.keys()].filter((path) => !after.has(path));
  const nowRequired = [...after].filter(([path, required]) => required && before.get(path) === false);
  const changes: ApiChange[] = [];
  for (const path of outermost(removed)) changes.push({ kind: 'property-removed', resource, path });
  for (const path of outermost(added)) {
    changes.push({ kind: after.get(path) === true ? 'property-required' : 'property-added', resource, path });
  }
  for (const [path] of nowRequired) changes.push({ kind: 'property-required', resource, path });
  return changes;
}

/** @returns what is different in the second of two models of one API */
export function compareModels(before: ApiModel, after: ApiModel): ApiChange[] {
  const changes: ApiChange[] = [];
  for (const resource of Object.keys(before.resources)) {
    if (after.resources[resource] === undefined) changes.push({ kind: 'resource-removed', resource });
  }
  for (const [resource, model] of Object.entries(after.resources)) {
    const old = before.resources[resource];
    if (old === undefined) {
      changes.push({ kind: 'resource-added', resource });
      continue;
    }
    const key = (one: typeof model): string => one.identity.map((part) => part.name).join(' ');
    if (key(old) !== key(model)) changes.push({ kind: 'key-changed', resource });
    changes.push(...compareProperties(resource, flatten(old.properties), flatten(model.properties)));
  }
  return changes;
}

const MOST_NAMED = 5;

const listed = (names: readonly string[]): string =>
  names.length <= MOST_NAMED
    ? names.join(', ')
    : `${names.slice(0, MOST_NAMED).join(', ')} and ${names.length - MOST_NAMED} more`;

const codeValueOf = (uri: string): string => uri.slice(uri.indexOf('#') + 1);

/** A version as it is kept: parts from the server, of which only what looks like a name or a version is repeated. */
const versionInWords = (version: string): string =>
  version
    .split('|')
    .map((part, i) => (i === 0 && part !== '' ? `API ${part}` : part))
    .filter((part) => /^[A-Za-z][\w .-]{0,60}$/.test(part))
    .join(', ');

/**
 * @param used the resources that this connection sends
 * @param mapped the descriptor values that its map leads to
 * @returns a sentence for each change that touches what the connection sends, and one for the rest
 */
export function describeChanges(
  changes: readonly ApiChange[],
  used: ReadonlySet<ResourceName>,
  mapped: ReadonlySet<string>,
): Notice[] {
  const notices: Notice[] = [];
  const added: string[] = [];
  const elsewhere = new Set<ResourceName>();
  const properties = new Map<
    string,
    { code: string; resource: ResourceName; kind: ApiChange['kind']; paths: string[] }
  >();
  const gone = new Map<string, string[]>();
  for (const change of changes) {
    switch (change.kind) {
      case 'version':
        notices.push({
          code: 'api-version-changed',
          sentence: `The API has changed since the last batch. It was ${versionInWords(change.before)}; it is ${versionInWords(change.after)}.`,
        });
        break;
      case 'resource-added':
        added.push(change.resource);
        break;
      case 'resource-removed':
        if (!used.has(change.resource)) elsewhere.add(change.resource);
        else {
          notices.push({
            code: 'api-resource-removed',
            sentence: `The API no longer has ${displayName(change.resource)}, which this connection sent: they are left out.`,
          });
        }
        break;
      case 'key-changed':
        if (!used.has(change.resource)) elsewhere.add(change.resource);
        else {
          notices.push({
            code: 'api-key-changed',
            sentence: `The natural key of ${displayName(change.resource)} is another one now: look at the plan before it is sent.`,
          });
        }
        break;
      case 'property-added':
      case 'property-removed':
      case 'property-required': {
        if (!used.has(change.resource)) {
          elsewhere.add(change.resource);
          break;
        }
        const key = `${change.kind} ${change.resource}`;
        const known = properties.get(key);
        if (known !== undefined) known.paths.push(change.path);
        else {
          properties.set(key, {
            code: `api-${change.kind}`,
            resource: change.resource,
            kind: change.kind,
            paths: [change.path],
          });
        }
        break;
      }
      case 'descriptor-gone':
        if (mapped.has(change.uri.toLowerCase())) gone.set(change.type, [...(gone.get(change.type) ?? []), change.uri]);
        break;
    }
  }
  for (const { code, resource, kind, paths } of properties.values()) {
    notices.push({ code, sentence: sentenceFor(kind, displayName(resource), listed(paths)) });
  }
  for (const [type, uris] of gone) {
    notices.push({
      code: 'api-descriptor-gone',
      sentence: `The API no longer has these values of ${type}, which this connection uses: ${listed(uris.map(codeValueOf))}. Map their codes to others.`,
    });
  }
  if (added.length > 0) {
    notices.push({
      code: 'api-resource-added',
      sentence: `The API has new resources: ${listed(added.map(displayName))}.`,
    });
  }
  if (elsewhere.size > 0) {
    notices.push({
      code: 'api-changed-elsewhere',
      sentence: `${elsewhere.size} resource${elsewhere.size === 1 ? '' : 's'} that this connection does not send changed too.`,
    });
  }
  return notices;
}

function sentenceFor(kind: ApiChange['kind'], resource: string, paths: string): string {
  switch (kind) {
    case 'property-required':
      return `The API now requires of ${resource}: ${paths}. Records without are rejected here.`;
    case 'property-removed':
      return `The API's ${resource} no longer have: ${paths}. It is left out.`;
    default:
      return `The API's ${resource} have something new: ${paths}.`;
  }
}
