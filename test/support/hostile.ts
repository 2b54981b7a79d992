/** Values that try to run, to throw, or to be read as text, wherever something looks at them. */
import fc from 'fast-check';
import { Failure } from '../../core/errors/failure.ts';

export interface Trap {
  readonly value: unknown;
  /** How often any of its code ran. */
  readonly ran: () => number;
}

const trap = (make: (run: () => string) => unknown): (() => Trap) => {
  return () => {
    let count = 0;
    const value = make(() => {
      count += 1;
      return 'Maria';
    });
    count = 0;
    return { value, ran: () => count };
  };
};

const proxied = (target: object, run: () => string): object =>
  new Proxy(
    target,
    Object.fromEntries(
      Reflect.ownKeys(Reflect)
        .filter((name) => typeof name === 'string')
        .map((name) => [
          name,
          () => {
            run();
            throw new Error('Maria');
          },
        ]),
    ),
  );

const throwing =
  (run: () => string): (() => never) =>
  () => {
    throw new Error(run());
  };

/** Each by what it does; made anew for each test. */
export function hostileThings(): readonly (readonly [string, () => Trap])[] {
  const define = (target: object, name: string, get: () => unknown): object =>
    Object.defineProperty(target, name, { get, enumerable: true, configurable: true });
  const things: [string, (run: () => string) => unknown][] = [
    ['a string', () => 'Maria'],
    [
      'a stack that quotes data',
      () => Object.assign(new Error('Maria'), { stack: 'Maria\n    at Maria (core/engine.ts:1:1)' }),
    ],
    ['a stack that is no string', () => Object.assign(new Error('Maria'), { stack: { name: 'Maria' } })],
    ['an endless stack', () => Object.assign(new Error('Maria'), { stack: 'Maria\n'.repeat(1_000_000) })],
    ['a toJSON', (run) => Object.assign(new Error('Maria'), { toJSON: () => run() })],
    ['a toString', (run) => ({ toString: () => run(), [Symbol.toPrimitive]: () => run() })],
    ['a name of its own', () => Object.assign(new Error('Maria'), { name: 'Maria', code: 'MARIA' })],
    ['a code that is no string', (run) => Object.assign(new Error('Maria'), { code: { toString: run } })],
    ['a proxy', (run) => proxied(new Error('Maria'), run)],
    ['a proxy of a function', (run) => proxied(() => undefined, run)],
    ['a cause that is a proxy', (run) => new Error('Maria', { cause: proxied({}, run) })],
    ['a proxy among the prototypes', (run) => Object.create(proxied(new Error('Maria'), run)) as unknown],
    ['details that are a proxy', (run) => Object.assign(new Error('Maria'), { details: proxied({}, run) })],
    ['a failure with a code of its own', () => Object.assign(new Failure('usage', 'Maria'), { code: 'Maria' })],
    ['a prototype that is its own toString', (run) => Object.create({ toString: run, toJSON: run }) as unknown],
    ['symbols', (run) => ({ [Symbol.iterator]: run, [Symbol.toStringTag]: 'Maria' })],
    [
      'a revoked proxy',
      () => {
        const { proxy, revoke } = Proxy.revocable({}, {});
        revoke();
        return proxy;
      },
    ],
  ];
  for (const name of ['stack', 'message', 'name', 'code', 'cause', 'details', 'type', 'toJSON', 'constructor']) {
    things.push([`a getter ${name}`, (run) => define(new Error('Maria'), name, run)]);
    things.push([`a getter ${name} that throws`, (run) => define(new Error('Maria'), name, throwing(run))]);
  }
  return things.map(([what, make]) => [what, trap(make)] as const);
}

type Make = () => unknown;

/**
 * Anything that could be thrown: plain values, errors of any shape, chains of them, hostile ones among them. Gives what
 * makes it: fast-check itself looks at values, and would spring the traps.
 */
export const thrown: fc.Arbitrary<Make> = fc.letrec<{ any: Make; error: Make }>((tie) => ({
  error: fc
    .record({
      kind: fc.constantFrom(Error, TypeError, RangeError, SyntaxError),
      message: fc.string(),
      cause: tie('any'),
      members: fc.dictionary(
        fc.constantFrom('code', 'details', 'name', 'stack', 'reason', 'toJSON', 'x'),
        fc.anything(),
      ),
    })
    .map(
      ({ kind, message, cause, members }): Make =>
        () =>
          Object.assign(new kind(message, { cause: cause() }), members),
    ),
  any: fc.oneof(
    { depthSize: 'small' },
    fc.anything({ withBigInt: true, withDate: true, withMap: true, withNullPrototype: true }).map(
      (value): Make =>
        () =>
          value,
    ),
    fc.constantFrom(...hostileThings().map(([, make]) => make)).map(
      (make): Make =>
        () =>
          make().value,
    ),
    tie('error'),
  ),
})).any;
