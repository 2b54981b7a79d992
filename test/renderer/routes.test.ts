import fc from 'fast-check';
import { expect, test } from 'vitest';
import { hrefOf, parseRoute, waysIn } from '../../renderer/app/routes.ts';

test('No address is the overview, an unknown one is nothing', () => {
  expect(parseRoute('')).toMatchObject({ place: 'overview', path: [] });
  expect(parseRoute('#/')).toMatchObject({ place: 'overview', path: [] });
  expect(parseRoute('#/elsewhere/a')).toMatchObject({ place: undefined, path: ['a'] });
  expect(parseRoute('#/constructor').place).toBeUndefined();
  expect(parseRoute(waysIn.connect)).toMatchObject({ place: 'connections', path: [] });
  expect(parseRoute(waysIn.connect).query.get('add')).toBe('connect');
});

test('What a person typed need not be well formed', () => {
  expect(parseRoute('#/connections/50%')).toMatchObject({ place: 'connections', path: ['50%'] });
});

test('Any name of a connection comes back from its address', () => {
  fc.assert(
    fc.property(fc.array(fc.string({ minLength: 1, unit: 'grapheme' }), { maxLength: 3 }), (path) => {
      const route = parseRoute(hrefOf('connections', ...path));
      expect(route.place).toBe('connections');
      expect(route.path).toEqual(path);
      expect([...route.query]).toEqual([]);
    }),
  );
});
