/** The keys of a practice API and what each is for. */
import { Failure } from '../errors/failure.ts';
import type { ClaimSet } from './claim-sets.ts';
import { type Place, realmOf } from './places.ts';
import type { Profile } from './profiles.ts';

/** One key, as it is asked for. */
export interface ClientOptions {
  readonly key: string;
  readonly secret: string;
  /** A state's, a district's or a school's; the fictional district's unless told. */
  readonly educationOrganizationIds?: readonly number[];
  /** `uri://ed-fi.org`; without it the key may write items of any namespace. */
  readonly namespacePrefixes?: readonly string[];
  /** Everything unless told. */
  readonly claimSet?: ClaimSet | 'all';
  /** Profiles that are assigned to the key. */
  readonly profiles?: readonly Profile[];
  /** The one tenant, or the one instance, that the key is for; all unless told. */
  readonly tenant?: string;
  /** The school years the key is for, where routes have them; all unless told. */
  readonly years?: readonly number[];
}

/** One set of credentials and what it is for. */
export interface Client {
  readonly key: string;
  readonly secret: string;
  readonly educationOrganizationIds: readonly number[];
  /** Undefined where no namespace is asked for. */
  readonly namespacePrefixes: readonly string[] | undefined;
  /** Undefined where everything is allowed. */
  readonly claimSet: ClaimSet | undefined;
  readonly profiles: readonly Profile[];
  readonly isFor: (place: Place) => boolean;
}

/**
 * @param organizationIds those of a key that names none
 * @throws Failure `usage` where two clients have one key
 */
export function clientsOf(given: readonly ClientOptions[], organizationIds: readonly number[]): Client[] {
  if (new Set(given.map(({ key }) => key)).size < given.length) {
    throw new Failure('usage', 'Two clients of the practice API have the same key; give each its own.');
  }
  return given.map(({ key, secret, claimSet, tenant, years, ...rest }) => ({
    key,
    secret,
    educationOrganizationIds: rest.educationOrganizationIds ?? organizationIds,
    namespacePrefixes: rest.namespacePrefixes,
    claimSet: claimSet === 'all' ? undefined : claimSet,
    profiles: rest.profiles ?? [],
    isFor: (place) =>
      (tenant === undefined || tenant === realmOf(place)) &&
      (years === undefined || place.year === undefined || years.includes(place.year)),
  }));
}
