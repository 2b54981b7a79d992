import { expect, test } from 'vitest';
import { jsonLines } from '../../renderer/components/json-lines.ts';

const marked = (text: string, ...paths: string[]): string[] =>
  (jsonLines(text, paths) ?? [])
    .filter(({ isMarked }) => isMarked)
    .map(({ name, value, isMissing }) => (isMissing ? `${name} is missing` : `${name}: ${value}`));

test('A member is marked by its path, not by its name', () => {
  const body = JSON.stringify({ code: 'a', period: { code: 'b' }, races: [{ code: 'c' }, { code: 'd' }] });
  expect(marked(body, '$.period.code')).toEqual(['code: "b"']);
  expect(marked(body, '$.code')).toEqual(['code: "a"']);
  expect(marked(body, '$.races[].code')).toEqual(['code: "c"', 'code: "d"']);
  expect(marked(body, '$.races')).toEqual(['races: [']);
  expect(marked(body, '$')).toEqual([]);
});

test('What is missing is shown where it would be', () => {
  expect(marked('{"a":1}', '$.birthDate')).toEqual(['birthDate is missing']);
  expect(marked('{"a":1}', '$.period.beginDate', '$.period.beginDate')).toEqual(['period.beginDate is missing']);
  expect(marked('{"races":[{"raceDescriptor":"x"},{}]}', '$.races[].raceDescriptor')).toEqual([
    'raceDescriptor: "x"',
    'raceDescriptor is missing',
  ]);
  expect(marked('{}', '$.birthDate')).toEqual(['birthDate is missing']);
});

test('The lines are the JSON again', () => {
  const body = { a: [1, 'two "2"', null, {}, []], b: { c: true } };
  const lines = jsonLines(JSON.stringify(body), []) ?? [];
  const text = lines
    .map(
      ({ indent, name, value, tail }) =>
        `${'  '.repeat(indent)}${name === undefined ? '' : `"${name}": `}${value}${tail}`,
    )
    .join('\n');
  expect(text).toBe(JSON.stringify(body, null, 2));
  expect(jsonLines('<html>', [])).toBeUndefined();
});
