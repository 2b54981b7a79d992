import type { Api } from './api.ts';
import type { Grant } from './oauth.ts';
import { bodyOf } from './store.ts';

const OPERATIONS = ['Create', 'Read', 'Update', 'Delete'];

/** @returns what token_info of an ODS/API 7.3 tells about a token, `active` left out */
export function describeGrant(api: Api, { client, educationOrganizationIds }: Grant): object {
  return {
    client_id: client.key,
    namespace_prefixes: ['uri://ed-fi.org'],
    education_organizations: educationOrganizationIds.flatMap((id) => organization(api, id)),
    assigned_profiles: [],
    claim_set: { name: 'SIS Vendor' },
    resources: [...api.shapes.keys()].map((name) => ({ resource: `/${name}`, operations: OPERATIONS })),
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
