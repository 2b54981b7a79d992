/** `GET /` and the metadata list: where everything else is. */
import type { ApiModel } from '../edfi/model.ts';
import type { Traits, UrlName } from './generations.ts';
import { PATHS, type Place, type Places, publishedPath } from './places.ts';

export interface Facts {
  /** `http://127.0.0.1:54321` */
  readonly url: string;
  readonly traits: Traits;
  readonly places: Places;
  readonly model: ApiModel;
  /** `5.2.0` */
  readonly modelVersion: string;
  readonly hasDependencies: boolean;
  readonly hasDescriptorDocument: boolean;
}

/** What an ODS/API before 7 calls the shape of its routes. */
function apiMode(places: Places): string {
  const [first = {}] = places.all;
  if (first.instance !== undefined) return first.year === undefined ? 'Instance Specific' : 'Instance Year Specific';
  return first.year === undefined ? 'Sandbox' : 'Year Specific';
}

function isOffered({ traits, hasDependencies }: Facts, name: UrlName): boolean {
  switch (name) {
    case 'dependencies':
      return hasDependencies;
    case 'changeQueries':
      return traits.changeQueries !== 'none';
    case 'oauthTokenIntrospection':
      return traits.tokenInfo !== 'none';
    default:
      return true;
  }
}

/** @returns the body of `GET /`; what `place` leaves open stands in the URLs as a placeholder */
export function discovery(facts: Facts, place: Place): object {
  const { url, traits, places, model, modelVersion } = facts;
  const namespaces = [...new Set(Object.keys(model.resources).map((name) => name.slice(0, name.indexOf('/'))))];
  const extensions = namespaces.filter((namespace) => namespace !== 'ed-fi').sort();
  const has = (member: Traits['members'][number]): boolean => traits.members.includes(member);
  return {
    version: traits.version,
    informationalVersion: traits.version,
    ...(has('suite') ? { suite: '3' } : {}),
    ...(has('build') ? { build: `${traits.version}.0.0` } : {}),
    ...(has('apiMode') ? { apiMode: apiMode(places) } : {}),
    ...(has('applicationName') ? { applicationName: 'Practice API' } : {}),
    dataModels: [
      { name: 'Ed-Fi', version: modelVersion, informationalVersion: `The Ed-Fi Data Model ${modelVersion}` },
      ...extensions.map((namespace) => ({
        name: namespace.toUpperCase(),
        version: '1.0.0',
        informationalVersion: `${namespace.toUpperCase()} extension`,
      })),
    ],
    urls: Object.fromEntries(
      traits.urls
        .filter((name) => isOffered(facts, name))
        .map((name) => [name, url + publishedPath(places, traits, name, place)]),
    ),
  };
}

/** @returns the list of specifications */
export function metadataList({ url, places, hasDescriptorDocument }: Facts, place: Place): object[] {
  const at = (plain: string): string => url + places.pathOf(plain, place);
  return [
    { name: 'Resources', endpointUri: at(PATHS.resources), prefix: '' },
    ...(hasDescriptorDocument ? [{ name: 'Descriptors', endpointUri: at(PATHS.descriptors), prefix: '' }] : []),
  ];
}
