import type { ApiModel, PropertyModel } from '../edfi/model.ts';

/**
 * The only words that may be taken over from a server's answer: names of the loaded specification. Whatever else
 * stands there may be part of a record, and is dropped.
 */
export interface Vocabulary {
  /** Each takes a word in any case and gives the specification's own spelling, undefined for what it does not know. */
  readonly entity: (word: string) => string | undefined;
  readonly property: (word: string) => string | undefined;
  readonly descriptor: (word: string) => string | undefined;
}

const collect = (properties: readonly PropertyModel[], names: Set<string>, descriptors: Set<string>): void => {
  for (const property of properties) {
    names.add(property.name);
    switch (property.kind) {
      case 'scalar':
        break;
      case 'descriptor':
        if (property.descriptor !== undefined) descriptors.add(property.descriptor);
        break;
      case 'reference':
        for (const member of property.members) {
          names.add(member.name);
          if (member.descriptor !== undefined) descriptors.add(member.descriptor);
        }
        break;
      case 'collection':
      case 'object':
        collect(property.properties, names, descriptors);
        break;
    }
  }
};

const lookup = (names: Iterable<string>): ((word: string) => string | undefined) => {
  const byLower = new Map<string, string>();
  for (const name of names) byLower.set(name.toLowerCase(), name);
  return (word) => byLower.get(word.toLowerCase());
};

const known = new WeakMap<ApiModel, Vocabulary>();

/** Takes a model; gives its vocabulary, made once for each. */
export const vocabularyOf = (model: ApiModel): Vocabulary => {
  const made = known.get(model);
  if (made) return made;
  const entities = new Set<string>();
  const names = new Set<string>();
  const descriptors = new Set(Object.keys(model.descriptors));
  for (const resource of Object.values(model.resources)) {
    entities.add(resource.entity);
    for (const parent of resource.isA) entities.add(parent);
    collect(resource.properties, names, descriptors);
    for (const property of resource.properties) if (property.kind === 'reference') entities.add(property.entity);
  }
  const vocabulary = { entity: lookup(entities), property: lookup(names), descriptor: lookup(descriptors) };
  known.set(model, vocabulary);
  return vocabulary;
};
