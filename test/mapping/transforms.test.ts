import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Transform } from '../../core/mapping/spec.ts';
import { compileTransform, splitList, tidy, typedId, unreadable, type Value } from '../../core/mapping/transforms.ts';

const apply = (transform: Transform, value: Value | undefined, settings: Record<string, string> = {}) =>
  compileTransform(transform, settings)(value);

describe('named transforms', () => {
  const cases: [Transform, Value | undefined, unknown][] = [
    ['trim', '  a ', 'a'],
    ['trim', '   ', undefined],
    ['first', ['a', 'b'], 'a'],
    ['first', 'a', 'a'],
    ['first', [], undefined],
    ['count', ['a', 'b'], 2],
    ['count', 'a', 1],
    ['date', '2026-08-31', '2026-08-31'],
    ['date', '2026-08-31T00:00:00Z', '2026-08-31'],
    ['date', '2026-02-30', unreadable],
    ['date', '31.8.2026', unreadable],
    ['month', '2026-08-31', 8],
    ['year', '2026-08-31', 2026],
    ['number', '1.50', 1.5],
    ['number', 'many', unreadable],
    ['integer', '00012', 12],
    ['integer', '1.5', unreadable],
    ['integer', '2.55901E+08', unreadable],
    ['integer', '99999999999999999999', unreadable],
    ['boolean', 'TRUE', true],
    ['boolean', 'no', false],
    ['boolean', '0', false],
    ['boolean', 'perhaps', unreadable],
    ['upper', 'aß', 'ASS'],
    ['lower', 'AB', 'ab'],
    ['title', "o'HARA van-dyke", "O'Hara Van-Dyke"],
    ['schoolYear', '2027', 2027],
    ['schoolYear', '2026-2027', 2027],
    ['schoolYear', '2026-27', 2027],
    ['schoolYear', '2026/27', 2027],
    ['schoolYear', '1999-00', 2000],
    ['schoolYear', '2026-2029', unreadable],
    ['schoolYear', 'this year', unreadable],
    ['identifier', '00123', '00123'],
    ['identifier', '2.55901E+08', unreadable],
    ['identifier', '2,55901e+8', unreadable],
    ['identifier', '12E4X', '12E4X'],
    ['compactUuid', '0F8FAD5B-D9CB-469F-A165-70867728950E', '0F8FAD5BD9CB469FA16570867728950E'],
    ['compactUuid', 'a-b', 'a-b'],
    [{ pad: { length: 5 } }, '12', '00012'],
    [{ pad: { length: 4, with: ' ', side: 'right' } }, 'ab', 'ab  '],
    [{ date: ['M/d/yyyy', 'dd.MM.yyyy'] }, '8/31/2026', '2026-08-31'],
    [{ date: ['M/d/yyyy', 'dd.MM.yyyy'] }, '31.08.2026', '2026-08-31'],
    [{ date: ['M/d/yyyy'] }, '31/8/2026', unreadable],
    [{ split: ',' }, ' a, b,,', ['a', 'b']],
    [{ split: ';' }, ['a'], ['a']],
    [{ item: 1 }, ['a', 'b'], 'b'],
    [{ item: 5 }, ['a'], undefined],
    [{ default: 'x' }, undefined, 'x'],
    [{ default: 'x' }, 'y', 'y'],
    [{ substring: { length: 3 } }, 'abcdef', 'abc'],
    [{ substring: { from: 2, length: 2 } }, 'abcdef', 'cd'],
    [{ substring: { from: 9, length: 2 } }, 'abc', undefined],
    [{ substring: { length: 2 } }, 'a😀', 'a'],
    [{ replace: { find: '-', with: '' } }, '1-2-3', '123'],
    [{ replace: { find: '-', with: '' } }, '--', undefined],
    [{ maxLength: 3 }, 'abc', 'abc'],
    [{ maxLength: 3 }, 'abcd', unreadable],
    [{ typedId: 'state' }, '{SIS:7},{State:0012}', '0012'],
    [{ typedId: 'Local' }, '{SIS:7}', undefined],
  ];
  test.each(cases)('%j of %j', (transform, value, expected) => {
    expect(apply(transform, value)).toEqual(expected);
  });

  test('an absent value stays absent, but for default', () => {
    for (const [transform] of cases) {
      const isDefault = typeof transform === 'object' && 'default' in transform;
      expect(apply(transform, undefined)).toEqual(isDefault ? 'x' : undefined);
    }
  });

  test('a date format and a type of identifier can come from a setting', () => {
    expect(apply({ date: { setting: 'dateFormat' } }, '31/8/2026', { dateFormat: 'd/M/yyyy' })).toBe('2026-08-31');
    expect(apply({ date: { setting: 'dateFormat' } }, '2026-08-31', { dateFormat: 'd/M/yyyy' })).toBe('2026-08-31');
    const typed: Transform = { typedId: { setting: 'studentId', after: 'userIds:' } };
    expect(apply(typed, '{A:1},{B:02}', { studentId: 'userIds:b' })).toBe('02');
  });
});

describe('properties of the pure transforms', () => {
  test('tidy equals trim, and gives nothing for blanks', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary' }),
        (text) => tidy(text) === (text.trim() === '' ? undefined : text.trim()),
      ),
    );
    expect(tidy('\u00a0\ufeff x\u00a0')).toBe('x');
  });

  test('padding keeps the value and reaches the length; leading zeros never vanish', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^\d{1,12}$/), fc.integer({ min: 1, max: 16 }), (digits, length) => {
        const padded = apply({ pad: { length } }, digits) as string;
        expect(padded.length).toBe(Math.max(length, digits.length));
        expect(padded.endsWith(digits)).toBe(true);
        expect(apply('identifier', padded)).toBe(padded);
        expect(apply('trim', padded)).toBe(padded);
      }),
    );
  });

  test('splitting undoes joining', () => {
    const item = fc.stringMatching(/^[^\s,]{1,8}$/);
    fc.assert(
      fc.property(fc.array(item), (items) => {
        expect(splitList(items.join(' , '), ',')).toEqual(items);
      }),
    );
  });

  test('a cut text is never longer than asked for, nor ends in half a character', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', minLength: 1 }), fc.integer({ min: 1, max: 20 }), (text, length) => {
        const cut = (apply({ substring: { length } }, text) ?? '') as string;
        expect(cut.length).toBeLessThanOrEqual(length);
        expect(/[\ud800-\udbff]$/.test(cut)).toBe(false);
      }),
    );
  });

  test('every type of identifier is found again', () => {
    const name = fc.stringMatching(/^[A-Za-z]{1,6}$/);
    const id = fc.stringMatching(/^[0-9A-Za-z-]{1,10}$/);
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.tuple(name, id), { selector: ([type]) => type.toLowerCase(), minLength: 1 }),
        (ids) => {
          const written = ids.map(([type, value]) => `{${type}:${value}}`).join(',');
          for (const [type, value] of ids) expect(typedId(written, type.toUpperCase())).toBe(value);
        },
      ),
    );
  });
});
