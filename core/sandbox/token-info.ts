import type { Api } from './api.ts';
import { operationsOf } from './claim-sets.ts';
import type { Grant } from './oauth.ts';
import { bodyOf } from './store.ts';

/** @returns what token_info tells about a token, `active` left out */
export function describeGrant(api: Api, { client, educationOrganizationIds }: Grant): object {
  const plain = {
    client_id: client.key,
    namespace_prefixes: client.namespacePrefixes ?? ['uri://ed-fi.org'],
    education_organizations: educationOrganizationIds.flatMap((id) => organization(api, id)),
    assigned_profiles: client.profiles.map(({ name }) => name),
  };
  if (api.traits.tokenInfo !== 'claim-set') return plain;
  return {
    ...plain,
    claim_set: { name: client.claimSet?.name ?? 'SIS Vendor' },
    resources: [...api.shapes.keys()].flatMap((name) => {
      const operations = operationsOf(client, name);
      return operations.length === 0 ? [] : [{ resource: `/${name}`, operations }];
    }),
    services: [],
  };
}

function organization(api: Api, id: number): object[] {
  for (const shape of api.shapes.values()) {
    if (shape.parentsOf === undefined) continue;
    const item = api.store.find(shape.name, `${id}\u001f`);
    if (item === undefined) continue;
    const type = `edfi.${shape.entity}`;
    const own = shape.entity.replace(/(?<=.)[A-Z]/g, (letter) => `_${letter}`).toLowerCase();
    const name = bodyOf(item).nameOfInstitution;
    return [{ education_organization_id: id, [`${own}_id`]: id, name_of_institution: name, type }];
  }
  return [];
}
