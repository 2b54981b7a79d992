/** A new key beside the old: whether it is for the same. */
import type { KeyInfoView } from '../contract/schemas.ts';

interface Notice {
  readonly code: string;
  readonly sentence: string;
}

const MOST_NAMED = 5;

/** Ids come from the server: only what looks like one is repeated. */
function listed(ids: readonly string[]): string {
  const named = ids.map((id) => (/^\w{1,20}$/.test(id) ? id : 'an unnamed one'));
  const rest = named.length - MOST_NAMED;
  return rest > 0 ? `${named.slice(0, MOST_NAMED).join(', ')} and ${rest} more` : named.join(', ');
}

/**
 * @param before what the API told of the old key; undefined where it never did
 * @returns what a person has to know before records go out under the new key
 */
export function compareKeys(before: KeyInfoView | undefined, after: KeyInfoView | undefined): Notice[] {
  if (before === undefined || after === undefined) {
    return [
      {
        code: 'key-not-compared',
        sentence:
          'The API does not tell what both keys are for: check that the new one is for the same education organizations.',
      },
    ];
  }
  const notices: Notice[] = [];
  const ids = (info: KeyInfoView): Set<string> => new Set(info.educationOrganizations.map(({ id }) => id));
  const [old, fresh] = [ids(before), ids(after)];
  const lost = [...old].filter((id) => !fresh.has(id));
  const gained = [...fresh].filter((id) => !old.has(id));
  if (lost.length > 0 || gained.length > 0) {
    const parts = [
      ...(lost.length > 0 ? [`no longer ${listed(lost)}`] : []),
      ...(gained.length > 0 ? [`now also ${listed(gained)}`] : []),
    ];
    notices.push({
      code: 'key-organizations-differ',
      sentence: `The new key is for other education organizations than the old one: ${parts.join('; ')}. Check with the API's host that it is the right one.`,
    });
  }
  if (before.claimSet !== after.claimSet) {
    notices.push({
      code: 'key-claim-set-differs',
      sentence: 'The new key has another claim set than the old one: test the connection to see whether it is enough.',
    });
  }
  return notices;
}
