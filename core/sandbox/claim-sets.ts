/** Claim sets: which resources a key may use, and for what. */
import type { ResourceName } from '../edfi/model.ts';
import type { Client } from './clients.ts';
import { actionDenied, resourceDenied } from './problems.ts';

export type Operation = 'Create' | 'Read' | 'Update' | 'Delete' | 'ReadChanges';

export interface ClaimSet {
  readonly name: string;
  readonly resources: readonly {
    /** `ed-fi/students`; `*` stands for any part of a name: `ed-fi/*Descriptors`. */
    readonly resource: string;
    readonly operations: readonly Operation[];
  }[];
}

const ALL: readonly Operation[] = ['Create', 'Read', 'Update', 'Delete'];

const pattern = (resource: string): RegExp =>
  new RegExp(
    `^/?${resource
      .replace(/^\//, '')
      .replace(/[.+?^${}()|[\]\\]/g, '\\$&')
      .replaceAll('*', '.*')}$`,
    'i',
  );

const tables = new WeakMap<ClaimSet, Map<ResourceName, readonly Operation[]>>();

/** @returns what a client may do with a resource; empty where its claim set lacks it */
export function operationsOf({ claimSet }: Pick<Client, 'claimSet'>, resource: ResourceName): readonly Operation[] {
  if (claimSet === undefined) return ALL;
  let table = tables.get(claimSet);
  if (table === undefined) {
    table = new Map();
    tables.set(claimSet, table);
  }
  let operations = table.get(resource);
  if (operations === undefined) {
    operations = [
      ...new Set(
        claimSet.resources.flatMap((claim) => (pattern(claim.resource).test(resource) ? claim.operations : [])),
      ),
    ];
    table.set(resource, operations);
  }
  return operations;
}

/**
 * @param any operations of which one is enough
 * @throws Problem 403 where the claim set lacks the resource, or has it for none of these
 */
export function requireClaim(client: Client, resource: ResourceName, ...any: readonly Operation[]): void {
  if (client.claimSet === undefined) return;
  const operations = operationsOf(client, resource);
  if (operations.length === 0) throw resourceDenied(client.claimSet.name, resource);
  if (!any.some((operation) => operations.includes(operation))) {
    throw actionDenied(client.claimSet.name, resource, any[0] ?? '');
  }
}
