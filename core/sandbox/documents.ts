/** The documents of one practice API, made once for each place. */
import { dependencyGraph, dependencyRows } from './dependencies.ts';
import { discovery, type Facts, metadataList } from './discovery.ts';
import { type ApiResponse, json } from './exchange.ts';
import { type SpecificationName, specification } from './openapi.ts';
import type { SandboxOptions } from './options.ts';
import { PATHS, type Place, placeKey } from './places.ts';
import { notFound } from './problems.ts';
import type { Standard } from './standard.ts';

/** The answers that stay the same as long as the API runs; each is made when it is first asked for. */
export interface Documents {
  /** @param place may leave open what the URLs then leave open */
  discovery(place: Place): ApiResponse;
  metadataList(place: Place): ApiResponse;
  specification(which: SpecificationName, place: Place): ApiResponse;
  dependencies(accept: string): ApiResponse;
}

const once = <T>(make: () => T): (() => T) => {
  let made: { readonly value: T } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
};

const GRAPHML = 'application/graphml+xml; charset=utf-8';

/** @param facts without those that follow from the standard and the options */
export function documentsOf(
  standard: Standard,
  { url, traits, places, modelVersion }: Pick<Facts, 'url' | 'traits' | 'places' | 'modelVersion'>,
  given: SandboxOptions['dependencies'],
): Documents {
  const { model } = standard;
  const impersonates = standard.documents.resources !== undefined;
  const facts: Facts = {
    url,
    traits,
    places,
    model,
    modelVersion,
    hasDependencies: given !== 'none',
    hasDescriptorDocument: !impersonates || standard.documents.descriptors !== undefined,
  };
  const made = new Map<string, ApiResponse>();
  const document = (which: SpecificationName, place: Place): ApiResponse => {
    const name = `${which} ${placeKey(place)}`;
    let answer = made.get(name);
    if (answer === undefined) {
      const server = url + places.pathOf(PATHS.data, place).replace(/\/$/, '');
      const tokenUrl = url + places.pathOf(PATHS.token, place);
      answer = json(standard.documents[which] ?? specification(model, which, { server, tokenUrl, traits }));
      made.set(name, answer);
    }
    return answer;
  };
  const rows = once(() =>
    given === undefined || given === 'none' ? dependencyRows(model, standard.dependencies) : given,
  );
  const rowsAnswer = once(() => json(rows()));
  const graphAnswer = once(
    (): ApiResponse => ({ status: 200, body: dependencyGraph(model, rows()), contentType: GRAPHML }),
  );
  return {
    discovery: (place) => json(discovery(facts, place)),
    metadataList: (place) => json(metadataList(facts, place)),
    specification: (which, place) => {
      if (which === 'descriptors' && !facts.hasDescriptorDocument) throw notFound();
      return document(which, place);
    },
    dependencies: (accept) => {
      if (given === 'none') throw notFound();
      return traits.dependencyGraph && /graphml/i.test(accept) ? graphAnswer() : rowsAnswer();
    },
  };
}
