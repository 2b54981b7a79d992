import { expect, test } from 'vitest';
import type { DescriptorCodeView } from '../../core/contract/schemas.ts';
import {
  namespaceOf,
  suggestedPairs,
  typeInWords,
  valueName,
  waitingInWords,
} from '../../renderer/screens/descriptors/words.ts';

const uri = (value: string): string => `uri://state.example.org/GradeLevelDescriptor#${value}`;
const code = (name: string, more: Partial<DescriptorCodeView> = {}): DescriptorCodeView => ({
  type: 'GradeLevelDescriptor',
  code: name,
  uri: null,
  origin: null,
  records: 3,
  blocked: 2,
  suggestions: [],
  ...more,
});

test('A value is told by its name and by whose it is', () => {
  expect(valueName(uri('Grade #1'))).toBe('Grade #1');
  expect(namespaceOf(uri('Grade #1'))).toBe('state.example.org');
  expect(namespaceOf('urn:odd#x')).toBe('urn:odd');
  expect(typeInWords('LocalEducationAgencyCategoryDescriptor')).toBe('Local education agency category');
});

test('Only codes without a pair are paired as suggested, by their first suggestion', () => {
  const high = { uri: uri('First'), confidence: 'high' } as const;
  const low = { uri: uri('Second'), confidence: 'low' } as const;
  const codes = [
    code('1', { suggestions: [high, low] }),
    code('2', { suggestions: [low] }),
    code('3'),
    code('4', { uri: uri('Fourth'), origin: 'shipped', suggestions: [high] }),
  ];
  expect(suggestedPairs(codes).map((pair) => [pair.code, pair.uri])).toEqual([
    ['1', uri('First')],
    ['2', uri('Second')],
  ]);
  expect(suggestedPairs(codes, (confidence) => confidence === 'high').map((pair) => pair.code)).toEqual(['1']);
});

test('How many records are released is told, and where they may be the same ones, as at most', () => {
  const pair = (blocked: number | undefined) => ({ type: 't', code: 'c', uri: 'u', before: null, blocked });
  expect(waitingInWords([pair(1)])).toBe('1 record');
  expect(waitingInWords([pair(1200), pair(5), pair(0)])).toBe('up to 1,205 records');
  expect(waitingInWords([pair(0), pair(undefined)])).toBe(undefined);
});
