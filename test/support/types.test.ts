/** What the compiler has to refuse. A line below that compiled without its error would fail `tsc`, and the build. */
import { expect, test } from 'vitest';
import type { EVENT_TYPES, EventLog, EventOf, EventType, SupportEvent } from '../../core/support/events.ts';
import type { Bucket, ConnectionLabel, ModuleName, Name, Reference, Version } from '../../core/support/fields.ts';
import { bucket, numberLabel } from '../../core/support/fields.ts';

const aString: string = 'Maria';
const aNumber: number = 3;

/** True where a string can be assigned to the type, or to anything in it. */
type TakesString<T> = string extends T
  ? true
  : T extends string | number | boolean | undefined
    ? false
    : T extends readonly (infer Item)[]
      ? TakesString<Item>
      : { [K in keyof T]-?: TakesString<T[K]> }[keyof T];
type Is<A, B> = [A] extends [B] ? ([B] extends [A] ? true : false) : false;

test('no event has a field that takes a string', () => {
  const none: TakesString<SupportEvent> = false;
  // The type is able to find one, however deep it lies.
  const found: TakesString<{ a: { b: readonly { c: string }[] }[] }> = true;
  const unknownTakesAll: TakesString<{ a: unknown }> = true;
  const complete: Is<(typeof EVENT_TYPES)[number], EventType> = true;
  expect([none, found, unknownTakesAll, complete]).toEqual([false, true, true, true]);
});

test('a string is none of the kinds of field', () => {
  const kinds = (): unknown[] => {
    // @ts-expect-error a string is no version
    const version: Version = aString;
    // @ts-expect-error a string is no reference
    const reference: Reference<'R'> = aString;
    // @ts-expect-error a text that looks like one is none either
    const literal: Reference<'R'> = 'R-7K4M-2Q';
    // @ts-expect-error a string is no label
    const label: ConnectionLabel = aString;
    // @ts-expect-error a string is no name
    const name: Name = aString;
    // @ts-expect-error a string is no file of ours
    const module: ModuleName = aString;
    // @ts-expect-error a count has to go through its bucket
    const count: Bucket = aNumber;
    return [version, reference, literal, label, name, module, count];
  };
  expect(kinds).toBeTypeOf('function');
});

test('one kind is not another', () => {
  const kinds = (record: Reference<'R'>, path: Name<'path'>): unknown[] => {
    // @ts-expect-error a record's reference names no group
    const group: Reference<'G'> = record;
    // @ts-expect-error a path is no resource
    const resource: Name<'resource'> = path;
    return [group, resource];
  };
  expect(kinds).toBeTypeOf('function');
});

test('an event takes no string, no unknown member, and no word of another list', () => {
  const calls = (log: EventLog): void => {
    const connection = numberLabel(1);
    log.write({ type: 'connection.removed', connection, records: bucket(5), batches: bucket(1) });
    // @ts-expect-error a connection's own name
    log.write({ type: 'batch.approved', connection: aString });
    // @ts-expect-error a member that the catalogue does not have
    log.write({ type: 'batch.approved', connection, name: aString });
    // @ts-expect-error a message in place of a code
    log.write({ type: 'batch.stopped', connection, code: new Error('x').message });
    // @ts-expect-error a type that is not there
    log.write({ type: 'student.seen' });
    // @ts-expect-error a count as it is
    log.write({ type: 'connection.removed', connection, records: aNumber, batches: bucket(1) });
  };
  const planned = (resource: Name<'resource'>): Partial<EventOf<'problem.group'>> => ({
    resource,
    // @ts-expect-error the path as the server wrote it
    path: `$.${aString}`,
  });
  expect([calls, planned]).toHaveLength(2);
});
