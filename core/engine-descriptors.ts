/** The engine's handling of the descriptor map: the codes that were met, what they can stand for, and what was chosen. */
import type { CommandName, CommandOutput, DescriptorCodeView, ParsedInput } from './contract/schemas.ts';
import type { ApiModel } from './edfi/model.ts';
import { Failure } from './errors/failure.ts';
import type { ConnectionRow, Ledger } from './ledger/ledger.ts';
import {
  type DescriptorMap,
  findValues,
  type KnownDescriptors,
  normaliseCode,
  seedDescriptorMap,
  suggest,
} from './mapping/descriptors.ts';
import { loadDescriptorDefaults } from './mapping/load.ts';
import type { DescriptorContext } from './sync/sync.ts';

type DescriptorCommand = Extract<CommandName, `descriptors.${string}`>;
type Handlers = { [N in DescriptorCommand]: (input: ParsedInput<N>) => Promise<CommandOutput<N>> };
type Pair = CommandOutput<'descriptors.list'>[number];

export interface DescriptorsInput {
  readonly ledger: Ledger;
  readonly find: (connection: string) => ConnectionRow;
  /** The API's values that are kept from the last sync, and the pairs that were chosen. */
  readonly keptDescriptors: (connectionId: number, types: Iterable<string>) => DescriptorContext;
}

export interface EngineDescriptors {
  readonly handlers: Handlers;
  /** How many of the codes that the last batch met are paired with a value, and how many are not. */
  counts(connectionId: number): Promise<{ paired: number; unpaired: number }>;
}

/** A code as the list has it, without what is worked out for a page alone. */
type Ranked = Omit<DescriptorCodeView, 'suggestions'> & { readonly digest: string };

interface Listed {
  /** All, the one that blocks most first. */
  readonly codes: readonly Ranked[];
  readonly known: KnownDescriptors;
  /** The map in force: what was chosen, and else what is shipped. */
  readonly map: DescriptorMap;
}

/** @returns the word of the list that is this one, whatever its case */
const sameWord = (words: readonly string[], word: string): string | undefined =>
  words.find((one) => one.toLowerCase() === word.trim().toLowerCase());

/** A code may have the name of something that every object has. */
const pairedIn = (map: DescriptorMap, type: string, code: string): string | undefined => {
  const codes = map[type];
  return codes !== undefined && Object.hasOwn(codes, code) ? codes[code] : undefined;
};

const lacks = (text: string, wanted: string): boolean => !text.toLowerCase().includes(wanted);

const NO_TYPE = 'The API has no such descriptor type. Take one like GradeLevelDescriptor.';

export function createDescriptorsRoom(input: DescriptorsInput): EngineDescriptors {
  const { ledger, find } = input;

  /** The API's model kept from the last sync; undefined before the first. */
  const modelOf = (connectionId: number): ApiModel | undefined => {
    const kept = ledger.cached(connectionId, 'specification');
    return kept === undefined ? undefined : (JSON.parse(kept.text) as { model: ApiModel }).model;
  };

  /** @returns a type as the API has it, or, before anything is known of the API, one that has the look of a type */
  const typeOf = (connectionId: number, type: string): string | undefined => {
    const types = modelOf(connectionId)?.descriptors;
    if (types !== undefined) return sameWord(Object.keys(types), type);
    return /^[A-Za-z]\w*Descriptor$/.test(type.trim()) ? type.trim() : undefined;
  };

  /** What the map comes to for these types: what was chosen goes before what is shipped. */
  const inForce = async (connectionId: number, types: Iterable<string>) => {
    const { known, map: chosen } = input.keptDescriptors(connectionId, types);
    const shipped = seedDescriptorMap(await loadDescriptorDefaults(), known);
    const map: Record<string, Record<string, string>> = {};
    for (const pairs of [shipped, chosen]) {
      for (const [type, codes] of Object.entries(pairs)) {
        map[type] ??= {};
        const into = map[type];
        for (const [code, uri] of Object.entries(codes)) into[normaliseCode(code)] = uri;
      }
    }
    return { known, chosen, map };
  };

  const list = async (connectionId: number): Promise<Listed> => {
    const codes = new Map<string, { type: string; code: string; records: number; blocked: number }>();
    for (const { digest, ...met } of ledger.codes.of(connectionId)) codes.set(digest, { ...met, blocked: 0 });
    for (const { type, code, records, held } of ledger.problems.unmapped(connectionId)) {
      const digest = ledger.codes.digest(type, normaliseCode(code));
      const met = codes.get(digest);
      if (met !== undefined) met.blocked += records + held;
      // From a batch of an older Rollbook, or one of too many.
      else codes.set(digest, { type, code: code.trim(), records, blocked: records + held });
    }
    const { known, chosen, map } = await inForce(connectionId, new Set([...codes.values()].map(({ type }) => type)));
    const ranked = [...codes].map(([digest, one]): Ranked => {
      const key = normaliseCode(one.code);
      const uri = pairedIn(map, one.type, key) ?? null;
      const origin = uri === null ? null : pairedIn(chosen, one.type, key) === undefined ? 'shipped' : 'chosen';
      return { ...one, digest, uri, origin };
    });
    ranked.sort(
      (a, b) =>
        b.blocked - a.blocked ||
        b.records - a.records ||
        (a.type < b.type ? -1 : a.type > b.type ? 1 : 0) ||
        (a.code < b.code ? -1 : 1),
    );
    return { codes: ranked, known, map };
  };

  const withSuggestions = ({ digest: _digest, ...one }: Ranked, { known, map }: Listed): DescriptorCodeView => ({
    ...one,
    suggestions:
      one.uri === null
        ? suggest(one.type, one.code, known[one.type] ?? [], map).map(({ uri, confidence }) => ({ uri, confidence }))
        : [],
  });

  /**
   * Pairs as they are kept.
   * @param place names the pair of several in a sentence
   * @throws Failure for the first that cannot be
   */
  const checked = (connectionId: number, pairs: readonly Pair[], place: (at: number) => string): Pair[] => {
    const names = pairs.map(({ type }) => typeOf(connectionId, type));
    const { known } = input.keptDescriptors(
      connectionId,
      new Set(names.flatMap((name) => (name === undefined ? [] : [name]))),
    );
    /** Of each type, its values by their text in lower case; undefined where none are kept. */
    const values = new Map(
      Object.entries(known).map(([type, uris]) => [type, new Map(uris.map((uri) => [uri.toLowerCase(), uri]))]),
    );
    const taken = new Map<string, { readonly at: number; readonly uri: string }>();
    return pairs.map((pair, at) => {
      const refuse = (sentence: string): Failure => new Failure('usage', `${place(at)}${sentence}`);
      const type = names[at];
      if (type === undefined) throw refuse(NO_TYPE);
      const code = normaliseCode(pair.code);
      if (code === '') throw refuse(`The code for ${type} is blank: give it as the export has it.`);
      const ofType = values.get(type);
      const uri = ofType === undefined ? pair.uri : ofType.get(pair.uri.trim().toLowerCase());
      if (uri === undefined) {
        throw refuse(
          `The API has no such ${type} value. Take one exactly as the API has it, namespace and # included.`,
        );
      }
      const before = taken.get(`${type}\n${code}`);
      if (before !== undefined && before.uri !== uri) {
        throw refuse(`The same code of ${type} has another value in pair ${before.at + 1}. Give it once.`);
      }
      taken.set(`${type}\n${code}`, { at, uri });
      return { type, code, uri };
    });
  };

  const keep = (connectionId: number, pairs: readonly Pair[]): void =>
    ledger.transaction(() => {
      for (const { type, code, uri } of pairs) ledger.mapDescriptor(connectionId, type, code, uri);
    });

  const handlers: Handlers = {
    'descriptors.codes': async ({ connection, show, type, text, after, limit }) => {
      const { id } = find(connection);
      const listed = await list(id);
      const begin = after === undefined ? 0 : listed.codes.findIndex(({ digest }) => digest === after) + 1;
      if (after !== undefined && begin === 0) {
        throw new Failure('usage', 'The list is of a later batch by now: begin again from its start.');
      }
      const wanted = text?.trim().toLowerCase() ?? '';
      const ofType = type?.trim().toLowerCase();
      const matches = (one: Ranked): boolean =>
        (ofType === undefined || one.type.toLowerCase() === ofType) &&
        (wanted === '' || !(lacks(one.code, wanted) && lacks(one.type, wanted) && lacks(one.uri ?? '', wanted)));
      const isShown = ({ uri }: Ranked): boolean => show === 'all' || (uri === null) === (show === 'unpaired');
      const all = listed.codes.filter(matches);
      const rest = listed.codes.slice(begin).filter((one) => matches(one) && isShown(one));
      const page = rest.slice(0, limit);
      const paired = all.filter(({ uri }) => uri !== null).length;
      return {
        codes: page.map((one) => withSuggestions(one, listed)),
        next: rest.length > limit ? (page.at(-1)?.digest ?? null) : null,
        counts: { paired, unpaired: all.length - paired },
        types: [...new Set(listed.codes.map((one) => one.type))].sort(),
      };
    },
    'descriptors.values': async ({ connection, type, text, limit }) => {
      const row = find(connection);
      const name = typeOf(row.id, type);
      if (name === undefined) throw new Failure('usage', NO_TYPE);
      const known = input.keptDescriptors(row.id, [name]).known[name];
      if (known === undefined) {
        throw new Failure(
          'usage',
          `The values of ${name} are not known yet: test the connection, or plan a batch, which reads those that its mapping uses.`,
        );
      }
      return findValues(known, text).slice(0, limit);
    },
    'descriptors.list': async ({ connection }) => ledger.descriptorMap(find(connection).id),
    'descriptors.map': async ({ connection, ...pair }) => {
      const { id } = find(connection);
      keep(
        id,
        checked(id, [pair], () => ''),
      );
      return {};
    },
    'descriptors.mapMany': async ({ connection, pairs }) => {
      const { id } = find(connection);
      const kept = checked(id, pairs, (at) => `Nothing was paired, because of pair ${at + 1} of ${pairs.length}. `);
      keep(id, kept);
      return { mapped: new Set(kept.map(({ type, code }) => `${type}\n${code}`)).size };
    },
    'descriptors.unmap': async ({ connection, type, code }) => {
      const row = find(connection);
      const chosen = ledger.descriptorMap(row.id);
      const name = sameWord([...new Set(chosen.map((pair) => pair.type))], type) ?? type;
      const wasThere = ledger.transaction(() => ledger.unmapDescriptor(row.id, name, normaliseCode(code)));
      if (!wasThere) {
        throw new Failure(
          'usage',
          'Nobody has paired this code at this connection, so there is nothing to take back. Look at the list again.',
        );
      }
      return {};
    },
    'descriptors.compare': async ({ connection, with: other }) => {
      const [here, there] = [find(connection), find(other)];
      if (here.id === there.id)
        throw new Failure('usage', 'A connection is compared with another: choose another one.');
      const chosen = [here, there].flatMap(({ id }) => ledger.descriptorMap(id));
      const types = new Set(chosen.map(({ type }) => type));
      const [ofHere, ofThere] = [await inForce(here.id, types), await inForce(there.id, types)];
      const pairs = new Map(chosen.map(({ type, code }) => [`${type}\n${code}`, { type, code }]));
      return [...pairs.values()]
        .map(({ type, code }) => {
          const theirs = pairedIn(ofThere.map, type, code) ?? null;
          return {
            type,
            code,
            here: pairedIn(ofHere.map, type, code) ?? null,
            there: theirs,
            usable: theirs !== null && sameWord(ofHere.known[type] ?? [], theirs) !== undefined,
          };
        })
        .filter((one) => one.here?.toLowerCase() !== one.there?.toLowerCase())
        .sort((a, b) => (a.type === b.type ? (a.code < b.code ? -1 : 1) : a.type < b.type ? -1 : 1));
    },
  };
  return {
    handlers,
    counts: async (connectionId) => {
      const { codes } = await list(connectionId);
      const paired = codes.filter(({ uri }) => uri !== null).length;
      return { paired, unpaired: codes.length - paired };
    },
  };
}
