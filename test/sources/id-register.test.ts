import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createIdRegister } from '../../core/sources/id-register.ts';

describe('the id register', () => {
  it('says what a Map would say', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ minLength: 1, maxLength: 3 }), { maxLength: 200 }), (ids) => {
        const register = createIdRegister(0);
        const seen = new Map<string, number>();
        for (const [at, id] of ids.entries()) {
          expect(register.add(id, at + 2)).toBe(seen.get(id) ?? 0);
          if (!seen.has(id)) seen.set(id, at + 2);
        }
      }),
    );
  });

  it('tells 300,000 like ids apart, and finds each of them again', () => {
    const register = createIdRegister(10);
    const id = (at: number): string => `00000000-0000-0000-0000-${String(at).padStart(12, '0')}`;
    let clashes = 0;
    for (let at = 0; at < 300_000; at++) if (register.add(id(at), at + 1) !== 0) clashes++;
    expect(clashes).toBe(0);
    for (let at = 0; at < 300_000; at += 97) if (register.add(id(at), 1) !== at + 1) clashes++;
    expect(clashes).toBe(0);
  });
});
