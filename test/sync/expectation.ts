/**
 * What an API should hold after each sync, worked out the slow and plain way: run the mapping, drop what fails the
 * checks, drop what refers to something that is dropped. Shares nothing with core/sync but the mapping and the checks.
 */
import type { JsonObject, JsonValue, PropertyModel, ReferenceProperty, ResourceModel } from '../../core/edfi/model.ts';
import { compileMapping } from '../../core/mapping/compile.ts';
import { seedDescriptorMap } from '../../core/mapping/descriptors.ts';
import { loadDescriptorDefaults, loadMapping, shippedMappingFor } from '../../core/mapping/load.ts';
import { runMapping } from '../../core/mapping/run.ts';
import type { MappedRecord } from '../../core/mapping/types.ts';
import { loadModel } from '../../core/sandbox/models/load.ts';
import type { StoredItem } from '../../core/sandbox/options.ts';
import { openSource } from '../../core/sources/oneroster/open.ts';
import { compileCheck } from '../../core/validation/check.ts';

/** One form for bodies that say the same; written apart from core/sync/canonical. */
export function plain(value: JsonValue | undefined): string {
  if (value === undefined || value === null) return '';
  if (Array.isArray(value)) {
    const items = value.map(plain).filter((item) => item !== '');
    return items.length === 0 ? '' : `[${items.sort().join(' , ')}]`;
  }
  if (typeof value === 'object') {
    const members = Object.keys(value)
      .sort()
      .flatMap((name) => (plain(value[name]) === '' ? [] : [`${name}: ${plain(value[name])}`]));
    return members.length === 0 ? '' : `{${members.join(' , ')}}`;
  }
  return JSON.stringify(value);
}

const valueAt = (body: JsonObject, path: readonly string[]): JsonValue | undefined =>
  path.reduce<JsonValue | undefined>(
    (value, name) => (typeof value === 'object' && value !== null && !Array.isArray(value) ? value[name] : undefined),
    body,
  );

/** The natural key, readable; undefined where a value is missing. */
export function keyOf(model: ResourceModel, body: JsonObject): string | undefined {
  const values = model.identity.map(({ paths }) =>
    paths.map((path) => valueAt(body, path)).find((value) => value !== undefined && value !== null && value !== ''),
  );
  return values.includes(undefined) ? undefined : values.join(' | ');
}

function* referencesIn(
  properties: readonly PropertyModel[],
  body: JsonObject,
): Generator<{ property: ReferenceProperty; key: string }> {
  for (const property of properties) {
    const value = body[property.name];
    if (value === undefined || value === null) continue;
    if (property.kind === 'reference') {
      const members = property.members.map((member) => member.name).sort();
      const values = members.map((name) => (value as JsonObject)[name]);
      if (!values.includes(undefined as never)) yield { property, key: values.join(' | ') };
    } else if (property.kind === 'object') yield* referencesIn(property.properties, value as JsonObject);
    else if (property.kind === 'collection') {
      for (const item of value as JsonObject[]) yield* referencesIn(property.properties, item);
    }
  }
}

const AUTHORISED_BY: Readonly<Record<string, readonly string[]>> = {
  Student: ['ed-fi/studentSchoolAssociations'],
  Staff: ['ed-fi/staffEducationOrganizationAssignmentAssociations'],
  Contact: ['ed-fi/studentContactAssociations'],
  Parent: ['ed-fi/studentParentAssociations'],
};

export interface Expectation {
  /** Resource → key → body: what the API is to have, apart from `kept`. */
  readonly items: ReadonlyMap<string, ReadonlyMap<string, string>>;
  /** Resource → ids of items whose new version cannot be sent: they stay as they are. */
  readonly kept: ReadonlyMap<string, ReadonlySet<string>>;
  /** Resource → how many of the records cannot be sent. */
  readonly dropped: ReadonlyMap<string, number>;
  readonly records: ReadonlyMap<string, number>;
}

export interface World {
  /** @param source folder of an export @returns what is to be there after it was synced */
  expect(source: string): Promise<Expectation>;
  /**
   * Compares with what is there, and remembers the ids.
   * @returns the differences in words, none when all is right; and how many items could not be deleted, because an
   *   item that is kept refers to them, or needs the association that ties its person to the client (`tying` of them: the
   *   API would delete these)
   * @param losesAnswers a person that nothing at the API refers to may be there: its create was answered, the answer lost,
   *   and without a tie the key neither sees nor deletes it
   */
  compare(
    expected: Expectation,
    read: (resource: string) => StoredItem[],
    losesAnswers?: boolean,
  ): { readonly differences: string[]; readonly stuck: number; readonly tying: number };
  /**
   * How many of the people who should be there are there, and nothing at the API refers to them. Where the answer to the
   * create of such a one was lost, it is refused from then on: until an association ties it, the key may not touch it.
   */
  untied(expected: Expectation, read: (resource: string) => StoredItem[]): number;
  /** The local codes that the steward has mapped since. */
  map(type: string, code: string, uri: string): void;
}

const PEOPLE = ['ed-fi/students', 'ed-fi/staffs', 'ed-fi/contacts', 'ed-fi/parents'];

interface Known {
  readonly source: string;
  readonly key: string;
  readonly body: string;
  readonly id: string;
}

/**
 * @param keptDates the dates that were made up for a record and are kept; unless told, those with which it could be sent first,
 *   which is right where everything is sent that can be
 */
export function createWorld(
  dataStandard: '5.2' | '4.0',
  settings: Readonly<Record<string, string>>,
  keptDates?: (resource: string, sourceId: string, path: string) => string | undefined,
): World {
  const { model, descriptorValues } = loadModel(dataStandard);
  const known = Object.fromEntries(
    Object.entries(descriptorValues).map(([type, values]) => [
      type,
      values.map(({ namespace, codeValue }) => `${namespace}#${codeValue}`),
    ]),
  );
  const mapped: Record<string, Record<string, string>> = {};
  /** What is at the API: resource → item. */
  const there = new Map<string, Known[]>();
  const frozen = new Map<string, string>();
  let sourceIds = new Map<string, Map<string, string>>();
  type Stored = ReadonlyMap<string, readonly StoredItem[]>;
  const storedOf = ({ items }: Expectation, read: (resource: string) => StoredItem[]): Stored =>
    new Map([...items.keys()].map((name) => [name, read(name)]));
  /** Whether this is a person that nothing refers to. */
  const isAlone = (stored: Stored, name: string, key: string): boolean =>
    PEOPLE.includes(name) &&
    [...stored].every(([other, items]) =>
      items.every(({ body }) =>
        [...referencesIn((model.resources[other] as ResourceModel).properties, body)].every(
          (found) => found.key !== key || !found.property.targets.includes(name),
        ),
      ),
    );

  return {
    map(type, code, uri) {
      mapped[type] = { ...mapped[type], [code.toLowerCase()]: uri };
    },

    async expect(folder) {
      const compiled = compileMapping(await loadMapping(shippedMappingFor(dataStandard)), model, settings);
      const seeds = seedDescriptorMap(await loadDescriptorDefaults(), known);
      const descriptors = Object.fromEntries(
        [...new Set([...Object.keys(seeds), ...Object.keys(mapped)])].map((type) => [
          type,
          { ...seeds[type], ...mapped[type] },
        ]),
      );
      const allowed = new Map(
        Object.entries(known).map(([type, values]) => [type, new Set(values.map((value) => value.toLowerCase()))]),
      );
      const source = await openSource(folder);
      const run = runMapping(compiled, source, {
        descriptors,
        frozen: keptDates ?? ((resource, sourceId, path) => frozen.get(`${resource}\n${sourceId}\n${path}`)),
      });

      interface One {
        readonly resource: ResourceModel;
        readonly record: MappedRecord;
        readonly key: string | undefined;
        /** The API has an item of this key already: what refers to it need not wait. */
        readonly exists: boolean;
        readonly changes: boolean;
        readonly references: { property: ReferenceProperty; key: string }[];
        dropped: boolean;
      }
      const all: One[] = [];
      const byKey = new Map<string, One>();
      const records = new Map<string, number>();
      for (const { name, disposition } of compiled.resources) {
        const resource = model.resources[name] as ResourceModel;
        const check = compileCheck(resource, (type) => allowed.get(type));
        for await (const batch of run.records(name)) {
          if (disposition === 'match') continue;
          for (const record of batch) {
            records.set(name, (records.get(name) ?? 0) + 1);
            const key = keyOf(resource, record.body);
            const taken = key !== undefined && byKey.has(`${name}\n${key}`);
            const before = (there.get(name) ?? []).find((item) => item.key === key);
            const one: One = {
              resource,
              record,
              key,
              exists: before !== undefined,
              changes: before?.body !== plain(record.body),
              references: [...referencesIn(resource.properties, record.body)],
              dropped: taken || key === undefined || record.issues !== undefined || check(record.body).length > 0,
            };
            // A second record of a key is not sent, and nothing waits for it; the same again is no contradiction.
            if (taken) {
              const first = byKey.get(`${name}\n${key}`) as One;
              if (plain(first.record.body) === plain(record.body)) continue;
            } else if (key !== undefined) byKey.set(`${name}\n${key}`, one);
            all.push(one);
          }
        }
      }
      await source.close();

      const associations = new Map<string, One[]>();
      for (const [entity, names] of Object.entries(AUTHORISED_BY)) {
        for (const one of all) {
          if (!names.includes(one.resource.name)) continue;
          for (const { property, key } of one.references) {
            if (property.entity !== entity) continue;
            associations.set(`${entity}\n${key}`, [...(associations.get(`${entity}\n${key}`) ?? []), one]);
          }
        }
      }
      const untied = (entity: string, key: string): boolean =>
        associations.get(`${entity}\n${key}`)?.every((tie) => tie.dropped && !tie.exists) ?? false;
      const isBlocked = (one: One): boolean =>
        // A person may be made by anybody, and changed only by those it is tied to.
        (one.exists && one.changes && untied(one.resource.entity, one.key ?? '')) ||
        one.references.some(({ property, key }) => {
          for (const target of property.targets) {
            const found = byKey.get(`${target}\n${key}`);
            if (found?.dropped && !found.exists) return true;
          }
          if (AUTHORISED_BY[property.entity]?.includes(one.resource.name) ?? true) return false;
          return untied(property.entity, key);
        });
      for (let again = true; again; ) {
        again = false;
        for (const one of all) {
          if (one.dropped || !isBlocked(one)) continue;
          one.dropped = true;
          again = true;
        }
      }

      const items = new Map<string, Map<string, string>>();
      const kept = new Map<string, Set<string>>();
      const dropped = new Map<string, number>();
      sourceIds = new Map();
      for (const one of all) {
        const { name } = one.resource;
        if (one.dropped) {
          dropped.set(name, (dropped.get(name) ?? 0) + 1);
          for (const item of there.get(name) ?? []) {
            if (item.source !== one.record.sourceId && item.key !== one.key) continue;
            kept.set(name, (kept.get(name) ?? new Set()).add(item.id));
          }
          continue;
        }
        items.set(name, (items.get(name) ?? new Map()).set(one.key as string, plain(one.record.body)));
        sourceIds.set(name, (sourceIds.get(name) ?? new Map()).set(one.key as string, one.record.sourceId));
        for (const { path, value } of one.record.frozen ?? []) {
          const place = `${name}\n${one.record.sourceId}\n${path}`;
          if (!frozen.has(place)) frozen.set(place, value);
        }
      }
      for (const { name, disposition } of compiled.resources) {
        if (disposition !== 'match' && !items.has(name)) items.set(name, new Map());
      }
      return { items, kept, dropped, records };
    },

    compare(expected, read, losesAnswers = false) {
      const differences: string[] = [];
      const stored = storedOf(expected, read);
      // What a kept item refers to cannot be deleted, though the source has it no longer; nor what that refers to.
      const needed = new Set<string>();
      const ties = new Set<string>();
      const need = (name: string, body: JsonObject): void => {
        for (const { property, key } of referencesIn((model.resources[name] as ResourceModel).properties, body)) {
          for (const target of property.targets) {
            if (needed.has(`${target}\n${key}`) || expected.items.get(target)?.has(key)) continue;
            needed.add(`${target}\n${key}`);
            const item = stored
              .get(target)
              ?.find((one) => keyOf(model.resources[target] as ResourceModel, one.body) === key);
            if (item !== undefined) need(target, item.body);
          }
        }
      };
      /** The associations of a person who is to have none: without any, nothing of the person could be deleted. */
      const needTies = (tying: string, name: string, entity: string, person: string): void => {
        const resource = model.resources[tying] as ResourceModel;
        if (tying === name) return;
        const ofPerson = (stored.get(tying) ?? []).filter(({ body }) =>
          [...referencesIn(resource.properties, body)].some(
            (found) => found.property.entity === entity && found.key === person,
          ),
        );
        const keys = ofPerson.map(({ body }) => keyOf(resource, body) ?? '');
        if (keys.some((key) => expected.items.get(tying)?.has(key))) return;
        for (const [nth, key] of keys.entries()) {
          if (!needed.has(`${tying}\n${key}`)) ties.add(`${tying}\n${key}`);
          needed.add(`${tying}\n${key}`);
          need(tying, ofPerson[nth]?.body ?? {});
        }
      };
      for (const [name, items] of stored) {
        for (const { id, body } of items) if (expected.kept.get(name)?.has(id)) need(name, body);
      }
      // Where something is kept of a resource, all of it counts: what it is cannot be told from outside.
      for (const [name, items] of stored) {
        if (!expected.kept.has(name)) continue;
        for (const { body } of items) {
          for (const { property, key } of referencesIn((model.resources[name] as ResourceModel).properties, body)) {
            for (const tying of AUTHORISED_BY[property.entity] ?? []) needTies(tying, name, property.entity, key);
          }
        }
      }
      let stuck = 0;
      let tying = 0;
      for (const [name, wanted] of expected.items) {
        const resource = model.resources[name] as ResourceModel;
        const kept = new Set(expected.kept.get(name));
        const missing = new Map(wanted);
        const now: Known[] = [];
        for (const { id, body } of stored.get(name) ?? []) {
          const key = keyOf(resource, body) ?? '';
          const text = plain(body);
          const should = missing.get(key);
          const before = there.get(name)?.find((item) => item.id === id);
          if (should !== undefined) {
            missing.delete(key);
            if (should !== text) differences.push(`${name} ${key} differs:\n  has    ${text}\n  should ${should}`);
          } else if (!kept.has(id)) {
            if (needed.has(`${name}\n${key}`)) {
              stuck += 1;
              if (ties.has(`${name}\n${key}`)) tying += 1;
            } else if (!losesAnswers || !isAlone(stored, name, key))
              differences.push(`${name} ${key} should not be there`);
          }
          kept.delete(id);
          const changed = before === undefined || before.body !== text;
          const source = sourceIds.get(name)?.get(key);
          now.push({ id, key, body: text, source: changed && source !== undefined ? source : (before?.source ?? '') });
        }
        for (const key of missing.keys()) differences.push(`${name} ${key} is missing`);
        for (const id of kept) differences.push(`${name} ${id} was to be kept, and is gone`);
        there.set(name, now);
      }
      return { differences, stuck, tying };
    },

    untied(expected, read) {
      const stored = storedOf(expected, read);
      return [...expected.items].flatMap(([name, wanted]) =>
        (stored.get(name) ?? []).filter(({ body }) => {
          const key = keyOf(model.resources[name] as ResourceModel, body) ?? '';
          return wanted.has(key) && isAlone(stored, name, key);
        }),
      ).length;
    },
  };
}
