/** `GET /` and the metadata list: where everything else is. */
import type { ApiModel } from '../edfi/model.ts';

export const PATHS = {
  token: '/oauth/token',
  tokenInfo: '/oauth/token_info',
  metadata: '/metadata',
  resources: '/metadata/data/v3/resources/swagger.json',
  descriptors: '/metadata/data/v3/descriptors/swagger.json',
  dependencies: '/metadata/data/v3/dependencies',
  data: '/data/v3/',
} as const;

export interface Facts {
  /** `http://127.0.0.1:54321` */
  readonly url: string;
  readonly model: ApiModel;
  /** `5.2.0` */
  readonly modelVersion: string;
  readonly hasDependencies: boolean;
  readonly hasDescriptorDocument: boolean;
}

/** @returns the body of `GET /`, in the shape of an ODS/API 7.3 */
export function discovery({ url, model, modelVersion, hasDependencies }: Facts): object {
  const namespaces = [...new Set(Object.keys(model.resources).map((name) => name.slice(0, name.indexOf('/'))))];
  const extensions = namespaces.filter((namespace) => namespace !== 'ed-fi').sort();
  return {
    version: '7.3',
    informationalVersion: '7.3',
    suite: '3',
    build: '7.3.0.0',
    applicationName: 'Practice API',
    dataModels: [
      { name: 'Ed-Fi', version: modelVersion, informationalVersion: `The Ed-Fi Data Model ${modelVersion}` },
      ...extensions.map((namespace) => ({
        name: namespace.toUpperCase(),
        version: '1.0.0',
        informationalVersion: `${namespace.toUpperCase()} extension`,
      })),
    ],
    urls: {
      ...(hasDependencies ? { dependencies: url + PATHS.dependencies } : {}),
      openApiMetadata: `${url}${PATHS.metadata}/`,
      oauth: url + PATHS.token,
      oauthTokenIntrospection: url + PATHS.tokenInfo,
      dataManagementApi: url + PATHS.data,
    },
  };
}

/** @returns the list of specifications */
export const metadataList = ({ url, hasDescriptorDocument }: Facts): object[] => [
  { name: 'Resources', endpointUri: url + PATHS.resources, prefix: '' },
  ...(hasDescriptorDocument ? [{ name: 'Descriptors', endpointUri: url + PATHS.descriptors, prefix: '' }] : []),
];
