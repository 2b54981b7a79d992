import { z } from 'zod';
import { Failure } from '../errors/failure.ts';
import { hostOf } from './documents.ts';
import type { Reply } from './http.ts';
import { parseJson } from './json.ts';

export interface KeyOrganization {
  readonly educationOrganizationId: number | string;
  readonly nameOfInstitution?: string;
  /** `edfi.LocalEducationAgency` and the like, as the API spells it. */
  readonly type?: string;
}

/** What an API tells of the key that is signed in. */
export interface TokenInfo {
  readonly active: boolean;
  readonly namespacePrefixes: readonly string[];
  readonly educationOrganizations: readonly KeyOrganization[];
  readonly assignedProfiles: readonly string[];
  readonly claimSet?: string;
  /** From ODS 7.3: what the claim set allows, resource as the API spells it. */
  readonly resources?: readonly { readonly resource: string; readonly operations: readonly string[] }[];
}

const strings = z
  .array(z.string())
  .nullish()
  .catch([])
  .transform((list) => list ?? []);

const BODY = z.object({
  active: z.boolean(),
  namespace_prefixes: strings,
  assigned_profiles: strings,
  education_organizations: z
    .array(
      z.object({
        education_organization_id: z.union([z.number(), z.string()]),
        name_of_institution: z.string().nullish(),
        type: z.string().nullish(),
      }),
    )
    .nullish()
    .transform((list) => list ?? []),
  claim_set: z.object({ name: z.string() }).nullish().catch(null),
  resources: z
    .array(z.object({ resource: z.string(), operations: strings }))
    .nullish()
    .catch(null),
});

/**
 * The address of token_info: as the API gives it, else beside its sign-in. Up to ODS 7.2 no list names it, although it
 * is there; this is the one address that is not taken from the list, and a miss counts as an endpoint that is missing.
 */
export const tokenInfoUrl = (given: string | undefined, oauth: string): string | undefined => {
  if (given !== undefined) return given;
  const url = new URL(oauth);
  if (!/\/token\/?$/.test(url.pathname)) return undefined;
  url.pathname = url.pathname.replace(/\/token\/?$/, '/token_info');
  url.search = '';
  return url.href;
};

/** Takes the answer; gives what it tells, or undefined where this host has no such endpoint or a different one. */
export const parseTokenInfo = (reply: Reply, url: string): TokenInfo | undefined => {
  if (reply.status === 429 || reply.status === 408 || (reply.status >= 500 && reply.status !== 501)) {
    const host = hostOf(url);
    throw new Failure(
      'api-unreachable',
      `${host} could not tell about the key just now (HTTP ${reply.status}): try again later, or ask the API's host.`,
      { host, status: reply.status, reason: 'server-error' },
    );
  }
  const parsed = reply.status === 200 ? BODY.safeParse(parseJson(reply.text)) : undefined;
  if (!parsed?.success) return undefined;
  const body = parsed.data;
  return {
    active: body.active,
    namespacePrefixes: body.namespace_prefixes,
    educationOrganizations: body.education_organizations.map((one) => ({
      educationOrganizationId: one.education_organization_id,
      ...(one.name_of_institution ? { nameOfInstitution: one.name_of_institution } : {}),
      ...(one.type ? { type: one.type } : {}),
    })),
    assignedProfiles: body.assigned_profiles,
    ...(body.claim_set ? { claimSet: body.claim_set.name } : {}),
    ...(body.resources ? { resources: body.resources } : {}),
  };
};
