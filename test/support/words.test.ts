import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { ApiModel } from '../../core/edfi/model.ts';
import { columnOf, createWords, tableOf } from '../../core/support/words.ts';
import { model, words } from './catalogue.ts';

describe('names of the specification', () => {
  test('are told as the specification spells them', () => {
    expect(words.resource('ed-fi/students')).toBe('ed-fi/students');
    expect(words.resource('/ED-FI/Students')).toBe('ed-fi/students');
    expect(words.resource('students')).toBe('ed-fi/students');
    expect(words.resource('ed-fi/gradeLevelDescriptors')).toBe('ed-fi/gradeLevelDescriptors');
    expect(words.path('$.addresses[3].periods[*].beginDate')).toBe('addresses.periods.beginDate');
    expect(words.path('studentReference.studentUniqueId')).toBe('studentReference.studentUniqueId');
    expect(words.descriptor('gradelevelDescriptor')).toBe('GradeLevelDescriptor');
    expect(words.entity('student')).toBe('Student');
    expect(words.entity('EducationOrganization')).toBe('EducationOrganization');
    expect(words.extension('ed-fi')).toBe('ed-fi');
  });
  test('are nothing else', () => {
    for (const text of [
      'ed-fi/marias',
      'students/604822',
      '/data/v3/ed-fi/students',
      'constructor',
      '__proto__',
      '',
      '/',
      'ed-fi/',
    ]) {
      expect(words.resource(text)).toBeUndefined();
    }
    for (const text of [
      '$',
      '',
      '.',
      'races.Maria',
      'races[Maria].raceDescriptor',
      'races..raceDescriptor',
      'birthDate ',
      '__proto__',
      'a.'.repeat(200),
    ]) {
      expect(words.path(text)).toBeUndefined();
    }
    for (const text of ['uri://ed-fi.org/GradeLevelDescriptor#Ninth', 'Descriptor', 'toString']) {
      expect(words.descriptor(text)).toBeUndefined();
    }
    for (const text of ['Maria', 'Students', 'hasOwnProperty', 'student ']) expect(words.entity(text)).toBeUndefined();
    expect(words.extension('tpdm')).toBeUndefined();
  });
  test('are found again under what they were told as', () => {
    for (const name of Object.keys(model.resources)) expect(words.resource(name)).toBe(name);
    for (const name of Object.keys(model.descriptors)) expect(words.descriptor(name)).toBe(name);
    fc.assert(
      fc.property(fc.string(), (text) => {
        const path = words.path(text);
        return path === undefined || words.path(path) === path;
      }),
    );
  });
  test('of a hostile specification must look like names', () => {
    const hostile: ApiModel = {
      resources: {
        'ed-fi/Maria Lopez': { ...entity('Maria Lopez'), name: 'ed-fi/Maria Lopez' },
        'ed-fi/s604822': { ...entity('S604822'), name: 'ed-fi/s604822' },
        'tx/buses': { ...entity('Bus'), name: 'tx/buses' },
        noSlash: { ...entity('NoSlash'), name: 'noSlash' },
      },
      descriptors: { 'Evil<script>Descriptor': 'ed-fi/evils', BusDescriptor: 'tx/busDescriptors' },
    };
    const both = createWords(model, hostile);
    for (const text of ['ed-fi/Maria Lopez', 'ed-fi/s604822', 'noSlash']) expect(both.resource(text)).toBeUndefined();
    for (const text of ['Maria Lopez', 'S604822']) expect(both.entity(text)).toBeUndefined();
    expect(both.descriptor('Evil<script>Descriptor')).toBeUndefined();
    expect(both.path('Maria Lopez')).toBeUndefined();
    expect(both.resource('tx/buses')).toBe('tx/buses');
    expect(both.extension('TX')).toBe('tx');
    expect(both.descriptor('BusDescriptor')).toBe('BusDescriptor');
    expect(both.resource('ed-fi/students')).toBe('ed-fi/students');
  });
});

const entity = (name: string): ApiModel['resources'][string] => ({
  name,
  entity: name,
  properties: [{ kind: 'scalar', name, type: 'string', required: true, identity: true }],
  identity: [{ name, paths: [[name]], type: 'string' }],
  updatableKey: false,
  isA: [],
});

test('a file is told by its OneRoster table, and a column by OneRoster’s name', () => {
  expect([tableOf('users.csv'), tableOf('Enrollments'), tableOf('lakeview-users.csv'), tableOf(3)]).toEqual([
    'users',
    'enrollments',
    undefined,
    undefined,
  ]);
  expect([columnOf('birthdate'), columnOf('MotherMaidenName'), columnOf(undefined)]).toEqual([
    'birthDate',
    undefined,
    undefined,
  ]);
});
