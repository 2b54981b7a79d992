/**
 * Relationship-based authorization: an item is a caller's business when the education organization it is about belongs
 * to the caller, and the people it is about are tied to such a one.
 */
import type { JsonObject } from '../edfi/model.ts';
import type { Claims } from './claims.ts';
import { accessDenied } from './problems.ts';
import { capital, type Shape } from './shape.ts';
import type { Store, Subject } from './store.ts';

const HINTS = {
  student: ['StudentSchoolAssociation'],
  staff: ['StaffEducationOrganizationEmploymentAssociation', 'StaffEducationOrganizationAssignmentAssociation'],
  contact: ['StudentContactAssociation'],
} as const;

const noRelationship = (claims: Claims, property: string): string =>
  `No relationships have been established between the caller's education organization id claims (${claims.ids.join(', ')}) and the resource item's '${capital(property)}' value.`;

/** What is done to an item: reading is authorized as updating is. */
export type Action = 'create' | 'update' | 'delete';

/**
 * @param action a person may be created, and deleted, by anybody whose key has the resource; an ODS asks for the
 *   relationship only in between (otherwise nobody could ever delete one: the association refers to the person)
 * @throws Problem 403 where the caller has no business with the item
 */
export function authorize(store: Store, claims: Claims, shape: Shape, body: JsonObject, action: Action): void {
  const subject = shape.subjectOf(body);
  const by = action === 'update' ? shape.authorizedBy : shape.createdBy;
  if (by.org && subject.org !== null && !mayActFor(store, claims, shape, body, subject.org)) {
    throw accessDenied(noRelationship(claims, shape.orgName ?? 'educationOrganizationId'));
  }
  for (const kind of ['student', 'staff', 'contact'] as const) {
    const person = subject[kind];
    if (by[kind] && person !== null && !store.isTied(kind, claims.caller, person)) {
      throw accessDenied(noRelationship(claims, `${kind}UniqueId`), HINTS[kind]);
    }
  }
}

/** A new organization is not among the claims yet; what it belongs to is. */
const mayActFor = (store: Store, claims: Claims, shape: Shape, body: JsonObject, org: number): boolean =>
  store.mayActFor(claims.caller, org) ||
  (shape.parentsOf?.(body) ?? []).some((parent) => store.mayActFor(claims.caller, parent));

/** @returns which subjects a page of this resource is filtered by, in the order of the store's conditions */
export const pageSubjects = (shape: Shape): boolean[] =>
  (['org', 'student', 'staff', 'contact'] as const satisfies readonly (keyof Subject)[]).map(
    (kind) => shape.authorizedBy[kind],
  );
