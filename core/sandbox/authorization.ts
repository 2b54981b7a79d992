/**
 * Who may act on an item. By relationships, as the ODS decides: the education organization it is about belongs to the
 * caller, and the people it is about are tied to such a one. By ownership, as another implementation does: the caller
 * made it.
 */
import type { JsonObject } from '../edfi/model.ts';
import type { Api } from './api.ts';
import type { Caller, Claims } from './claims.ts';
import { accessDenied, notOwner } from './problems.ts';
import { capital, type Shape } from './shape.ts';
import type { Item, Store, Subject } from './store.ts';

const PEOPLE = ['student', 'staff', 'contact'] as const;
type Person = (typeof PEOPLE)[number];

/** What a person is called in this data standard: contacts were parents once. */
const personName = (shape: Shape, kind: Person): string => shape.personNames[kind] ?? `${kind}UniqueId`;
const personEntity = (shape: Shape, kind: Person): string => capital(personName(shape, kind)).replace(/UniqueId$/, '');

function hints(shape: Shape, kind: Person): readonly string[] {
  switch (kind) {
    case 'student':
      return ['StudentSchoolAssociation'];
    case 'staff':
      return ['StaffEducationOrganizationEmploymentAssociation', 'StaffEducationOrganizationAssignmentAssociation'];
    case 'contact':
      return [`Student${personEntity(shape, kind)}Association`];
  }
}

const noRelationship = (claims: Claims, property: string): string =>
  `No relationships have been established between the caller's education organization id claims (${claims.ids.join(', ')}) and the resource item's '${capital(property)}' value.`;

/** The sentence up to 7.1: a person who is not there, or all properties that decide, whichever of them was not met. */
function older(store: Store, claims: Claims, shape: Shape, by: Shape['authorizedBy'], subject: Subject): string {
  const people = PEOPLE.filter((kind) => by[kind] && subject[kind] !== null);
  for (const kind of people) {
    const entity = personEntity(shape, kind);
    const resource = `ed-fi/${entity.charAt(0).toLowerCase()}${entity.slice(1)}s`;
    if (resource !== shape.name && store.seqOf(resource, `${subject[kind]}\u001f`) === undefined) {
      return `Access to the resource item could not be authorized because the '${entity}' was not found.`;
    }
  }
  const properties = [
    ...(by.org && subject.org !== null ? [shape.orgName ?? 'educationOrganizationId'] : []),
    ...people.map((kind) => personName(shape, kind)),
  ].map((name) => `'${capital(name)}'`);
  return `Authorization denied. No relationships have been established between the caller's education organization id claims (${claims.ids.join(', ')}) and one or more of the following properties of the resource item: ${properties.join(', ')}.`;
}

/** What is done to an item: reading is authorized as updating is. */
export type Action = 'create' | 'update' | 'delete';

/**
 * @param action a person may be created, and deleted, by anybody whose key has the resource; an ODS asks for the
 *   relationship only in between (otherwise nobody could ever delete one: the association refers to the person)
 * @throws Problem 403 where the caller has no business with the item
 */
export function authorize(
  { store, traits }: Pick<Api, 'store' | 'traits'>,
  claims: Claims,
  shape: Shape,
  body: JsonObject,
  action: Action,
): void {
  if (traits.authorization === 'ownership') return;
  const subject = shape.subjectOf(body);
  const by = action === 'update' ? shape.authorizedBy : shape.createdBy;
  const deny = (property: string, hint?: readonly string[]) =>
    accessDenied(noRelationship(claims, property), older(store, claims, shape, by, subject), hint);
  if (by.org && subject.org !== null && !mayActFor(store, claims, shape, body, subject.org)) {
    throw deny(shape.orgName ?? 'educationOrganizationId');
  }
  for (const kind of PEOPLE) {
    const person = subject[kind];
    if (by[kind] && person !== null && !store.isTied(kind, claims.caller, person)) {
      throw deny(personName(shape, kind), hints(shape, kind));
    }
  }
}

/** Writing what is there already. @throws Problem 403 where another client made it */
export function requireOwner({ traits }: Pick<Api, 'traits'>, { client }: Caller, { owner }: Item): void {
  if (traits.authorization === 'ownership' && owner !== null && owner !== client.key) throw notOwner();
}

/** A new organization is not among the claims yet; what it belongs to is. */
const mayActFor = (store: Store, claims: Claims, shape: Shape, body: JsonObject, org: number): boolean =>
  store.mayActFor(claims.caller, org) ||
  (shape.parentsOf?.(body) ?? []).some((parent) => store.mayActFor(claims.caller, parent));

/** @returns which subjects a page of this resource is filtered by, in the order of the store's conditions */
export const pageSubjects = ({ traits }: Pick<Api, 'traits'>, shape: Shape): boolean[] =>
  (['org', 'student', 'staff', 'contact'] as const satisfies readonly (keyof Subject)[]).map(
    (kind) => traits.authorization === 'relationships' && shape.authorizedBy[kind],
  );
