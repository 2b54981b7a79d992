/** The whole vocabulary of a data standard against all values of a district: nothing of ours may be taken for theirs. */
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import Papa from 'papaparse';
import { describe, expect, it } from 'vitest';
import type { ApiModel, PropertyModel } from '../../core/edfi/model.ts';
import { CATALOGUE, type ProblemCode } from '../../core/errors/catalogue.ts';
import { loadModel } from '../../core/sandbox/models/load.ts';
import { bundleContent, eventLine } from '../../core/support/bundle/content.ts';
import type { BundleInput, GroupFacts } from '../../core/support/bundle/input.ts';
import { scanBundle } from '../../core/support/bundle/scan.ts';
import { lineParser } from '../../core/support/reading.ts';
import { createWords } from '../../core/support/words.ts';
import { facts, NOW } from './facts.ts';

const model: ApiModel = loadModel('5.2').model;
const words = createWords(model);
const ALPHABET = 'BCDFGHJKMNPQRSTVWXYZ23456789';
const reference = (prefix: string, number: number): string => {
  const sign = (place: number): string => ALPHABET[Math.floor(number / 28 ** place) % 28] ?? '';
  return `${prefix}-${sign(0)}${sign(1)}${sign(2)}${sign(3)}-77`;
};

const pathsOf = (properties: readonly PropertyModel[], before = '$'): string[] =>
  properties.flatMap((property) => {
    const at = `${before}.${property.name}`;
    switch (property.kind) {
      case 'collection':
        return [at, ...pathsOf(property.properties, `${at}[]`)];
      case 'object':
        return [at, ...pathsOf(property.properties, at)];
      case 'reference':
        return [at, ...property.members.map((member) => `${at}.${member.name}`)];
      case 'scalar':
      case 'descriptor':
        return [at];
    }
  });

const codes = Object.keys(CATALOGUE) as ProblemCode[];
const descriptors = Object.keys(model.descriptors);

const input = (): BundleInput => {
  const base = facts();
  const groups: GroupFacts[] = Object.values(model.resources).flatMap((resource, index) =>
    pathsOf(resource.properties)
      .slice(0, 12)
      .map(
        (path, place): GroupFacts => ({
          connection: 'C1',
          reference: reference('G', index * 12 + place),
          code: codes[(index + place) % codes.length] ?? 'unclassified',
          resource: resource.name,
          path,
          subject: (place % 2 === 0 ? descriptors[(index * 7 + place) % descriptors.length] : resource.entity) ?? null,
          httpStatus: 400 + (place % 10),
          status: 'ongoing',
          firstSeen: NOW - index,
          lastSeen: NOW,
          records: 1_000 + index * 37 + place,
          held: 100_000 + index,
          trend: [{ batch: 12_345, records: 20_123 + index }],
          examples: [reference('R', index * 12 + place)],
        }),
      ),
  );
  return {
    ...base,
    words,
    groups,
    events: {
      lines: groups.map((group, seq) =>
        eventLine({
          at: NOW - seq,
          seq,
          type: 'problem.group',
          connection: 'C1',
          group: group.reference,
          code: group.code,
          resource: group.resource,
          path: words.path(group.path ?? ''),
          status: 'new',
          records: 200,
          held: 0,
          samples: group.examples,
        }),
      ),
      parse: lineParser({ words }),
      droppedBySink: 0,
    },
    connections: base.connections.map((connection) => ({
      ...connection,
      extensions: [],
      resourcesOff: [],
      permissions: [...Object.keys(model.resources), ...Object.values(model.descriptors)].map((resource) => ({
        resource,
        operations: ['create', 'read'],
      })),
    })),
  };
};

const folder = fileURLToPath(new URL('../../assets/district/day1', import.meta.url));
const values = (): string[] => [
  ...new Set(
    readdirSync(folder)
      .filter((name) => name.endsWith('.csv'))
      .flatMap((name) => (Papa.parse(readFileSync(`${folder}/${name}`, 'utf8')).data as string[][]).slice(1).flat()),
  ),
];

describe('a bundle with a whole vocabulary', () => {
  const files = bundleContent(input());

  it('holds all of it, and nothing of it is taken for a value of the district', () => {
    const manifest = JSON.parse(files.at(-1)?.text ?? '') as { dropped: object };
    expect(manifest.dropped).toEqual({
      events: 0,
      eventsBySink: 0,
      groups: 0,
      batches: 0,
      connections: 0,
      names: 0,
    });
    expect(scanBundle(files, { values: values(), words })).toEqual([]);
  });

  it('is blocked by any value of the district that is no word of ours', () => {
    const groups = files.find(({ name }) => name === 'groups.json');
    if (groups === undefined) throw new Error('a bundle has groups');
    const all = values().filter((_, index) => index % 4 === 0);
    const missed = all.filter((value) => {
      const text = groups.text.replace('"title": "', () => `"title": ${JSON.stringify(value)}, "who": "`);
      const start = { ...groups, text: text.slice(0, 600) };
      return scanBundle([start], { values: [value], words }).length === 0;
    });
    // What is left are words that a bundle has of itself, and numbers too short to be a person's.
    for (const value of missed) expect(value).toMatch(/^(\d{0,4}|[A-Za-z]+( [a-z]+)?|<?[\d.]*|.{0,2})$/);
    expect(missed.length / all.length).toBeLessThan(0.02);
  });
});
