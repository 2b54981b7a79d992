/** Items that say in a namespace whose they are: descriptors, assessments, learning standards and the like. */
import type { JsonObject } from '../edfi/model.ts';
import type { Client } from './clients.ts';
import { namespaceDenied } from './problems.ts';
import type { Shape } from './shape.ts';
import { type Condition, hasNamespace } from './store.ts';

/** @throws Problem 403 where the item's namespace is none of the caller's */
export function requireNamespace({ namespacePrefixes }: Client, shape: Shape, body: JsonObject): void {
  if (namespacePrefixes === undefined || !shape.namespaced) return;
  if (namespacePrefixes.length === 0) throw namespaceDenied('invalid-client:no-namespaces', []);
  const { namespace } = body;
  if (typeof namespace !== 'string' || namespace === '') {
    throw namespaceDenied('access-denied:namespace-required', namespacePrefixes);
  }
  if (!namespacePrefixes.some((prefix) => namespace.startsWith(prefix))) {
    throw namespaceDenied('access-denied:namespace-mismatch', namespacePrefixes);
  }
}

/** Reading one: descriptors are everybody's. @throws Problem 403 as above */
export function requireReadableNamespace(client: Client, shape: Shape, body: JsonObject): void {
  if (shape.descriptor === undefined) requireNamespace(client, shape, body);
}

/** @returns the condition that a page's items are in a namespace of the caller, where that is asked for */
export function namespaceCondition({ namespacePrefixes }: Client, shape: Shape): Condition[] {
  if (namespacePrefixes === undefined || !shape.namespaced || shape.descriptor !== undefined) return [];
  return [hasNamespace(namespacePrefixes)];
}
