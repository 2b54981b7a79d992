/**
 * Relationship authorization, as far as it orders a batch: an API lets a client touch a person's records only once an
 * association ties the person to one of the client's education organizations (ed-fi-api.md, Metadata: a person appears
 * twice in the dependency list, Create early, Update after the association that authorises it).
 */
import type { ApiModel, ReferenceProperty, ResourceModel, ResourceName } from '../edfi/model.ts';
import { AUTHORIZING } from '../edfi/people.ts';

/** Person entity → the associations of which one is enough; a responsibility ties a student as an enrolment does. */
const TYING: Readonly<Record<string, readonly string[]>> = {
  ...AUTHORIZING,
  Student: [...(AUTHORIZING.Student ?? []), 'StudentEducationOrganizationResponsibilityAssociation'],
};

/** Refusals of a person that exists, until an association ties it to one of the client's organizations. */
export const FOR_WANT_OF_ASSOCIATION: ReadonlySet<string> = new Set([
  'not-authorized-student',
  'not-authorized-staff',
  'not-authorized-contact',
]);

export interface PersonRules {
  /** The person entity this resource authorises, by the reference to it; undefined for most. */
  readonly authorises: ReferenceProperty | undefined;
  /** This resource is a person: its updates wait for an association. */
  readonly isPerson: boolean;
  /** Person entities whose association must be there before an item of this resource is sent. */
  readonly needs: ReadonlySet<string>;
}

/**
 * @param createOrder each resource's place in the dependency list
 * @returns the rules of one resource; an association that comes later than the resource itself is not waited for
 */
export function personRules(
  resource: ResourceModel,
  model: ApiModel,
  createOrder: ReadonlyMap<ResourceName, number>,
): PersonRules {
  const references = resource.properties.filter((p): p is ReferenceProperty => p.kind === 'reference');
  const authorises = references.find((p) => TYING[p.entity]?.includes(resource.entity) === true && p.identity);
  const own = createOrder.get(resource.name) ?? Number.POSITIVE_INFINITY;
  const needs = new Set<string>();
  for (const reference of references) {
    if (reference === authorises) continue;
    const earlier = (TYING[reference.entity] ?? []).some((entity) => {
      const association = Object.values(model.resources).find((candidate) => candidate.entity === entity);
      return association !== undefined && (createOrder.get(association.name) ?? Number.POSITIVE_INFINITY) < own;
    });
    if (earlier) needs.add(reference.entity);
  }
  return { authorises, isPerson: Object.hasOwn(TYING, resource.entity), needs };
}
