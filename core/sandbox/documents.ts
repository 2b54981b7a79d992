/** The documents of one practice API, made once each. */
import type { ApiModel } from '../edfi/model.ts';
import { dependencyGraph, dependencyRows } from './dependencies.ts';
import { discovery, type Facts, metadataList } from './discovery.ts';
import { type ApiResponse, json } from './exchange.ts';
import { type SpecificationName, specification } from './openapi.ts';
import type { SandboxOptions } from './options.ts';
import { notFound } from './problems.ts';
import type { Documents } from './routes.ts';
import type { Standard } from './standard.ts';

const once = <T>(make: () => T): (() => T) => {
  let made: { readonly value: T } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
};

/** @param url `http://127.0.0.1:54321` */
export function documentsOf(
  standard: Standard,
  model: ApiModel,
  modelVersion: string,
  url: string,
  given: SandboxOptions['dependencies'],
): Documents {
  const impersonates = standard.documents.resources !== undefined;
  const facts: Facts = {
    url,
    model,
    modelVersion,
    hasDependencies: given !== 'none',
    hasDescriptorDocument: !impersonates || standard.documents.descriptors !== undefined,
  };
  const document = (which: SpecificationName) =>
    once((): ApiResponse => json(standard.documents[which] ?? specification(model, which, url)));
  const descriptors = document('descriptors');
  const rows = once(() =>
    given === undefined || given === 'none' ? dependencyRows(model, standard.dependencies) : given,
  );
  const rowsAnswer = once(() => json(rows()));
  const graphAnswer = once(
    (): ApiResponse => ({
      status: 200,
      body: dependencyGraph(model, rows()),
      contentType: 'application/graphml+xml; charset=utf-8',
    }),
  );
  return {
    discovery: once(() => json(discovery(facts))),
    metadataList: once(() => json(metadataList(facts))),
    resources: document('resources'),
    descriptors: () => {
      if (!facts.hasDescriptorDocument) throw notFound();
      return descriptors();
    },
    dependencies: (accept) => {
      if (given === 'none') throw notFound();
      return /graphml/i.test(accept) ? graphAnswer() : rowsAnswer();
    },
  };
}
