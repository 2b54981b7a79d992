import { describe, expect, test } from 'vitest';
import {
  CATALOGUE,
  type CatalogueEntry,
  explain,
  isProblemCode,
  type ProblemCode,
} from '../../core/errors/catalogue.ts';

const entries = Object.entries(CATALOGUE) as [ProblemCode, CatalogueEntry][];

describe('the catalogue', () => {
  test.each(entries)('%s is whole: one sentence each, known slots only', (code, entry) => {
    expect(code).toMatch(/^[a-z]+(-[a-z]+)*$/);
    for (const text of [entry.what, entry.fix]) {
      expect(text).toMatch(/^[A-Z{].*\.$/);
      expect(text.match(/\.(?=\s)/g)).toBeNull();
    }
    for (const text of [entry.title, entry.what, entry.fix]) {
      expect(text.replace(/\{(resource|property|descriptor|entity)\}/g, '')).not.toMatch(/[{}]/);
    }
  });

  test('fills its slots with names, and with plain words where there is none', () => {
    expect(explain('required-missing', { resource: 'ed-fi/students', property: 'birthDate' })).toMatchObject({
      title: 'birthDate is missing',
      what: 'The API requires birthDate in ed-fi/students, and the record has no value for it.',
    });
    for (const [code] of entries) {
      const { title, what, fix } = explain(code);
      expect(`${title}${what}${fix}`).not.toMatch(/[{}]|undefined/);
    }
    expect(explain('reference-missing', { entity: '$&' }).title).toBe('$& is not in the API');
  });

  test('knows its own codes', () => {
    expect(isProblemCode('too-long')).toBe(true);
    expect(isProblemCode('toString')).toBe(false);
  });
});
