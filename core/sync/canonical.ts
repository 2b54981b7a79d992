/**
 * One form for every way of writing the same item, so that only a real change changes its hash: the order of members,
 * the form of a number, null against absent, and the order of a collection (Ed-Fi collections are sets) do not matter.
 *
 * Written as bytes into one buffer that is used again and again: a million unchanged records pass here a day, and a
 * string put together from pieces takes four times as long to make and to hash.
 */
import type { JsonObject, JsonValue } from '../edfi/model.ts';

let bytes = new Uint8Array(64 * 1024);
let at = 0;

const [OPEN, CLOSE, OPEN_LIST, CLOSE_LIST, END, QUOTE, COLON, NUMBER, TRUE, FALSE] = [...'{}[];":#tf'].map((sign) =>
  sign.charCodeAt(0),
) as [number, number, number, number, number, number, number, number, number, number];

function reserve(more: number): void {
  if (at + more <= bytes.length) return;
  const larger = new Uint8Array(Math.max(bytes.length * 2, at + more));
  larger.set(bytes.subarray(0, at));
  bytes = larger;
}

/** Every UTF-16 unit on its own, in up to three bytes: two texts that differ never come out the same. */
function write(text: string): void {
  reserve(text.length * 3);
  const target = bytes;
  let to = at;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit < 0x80) target[to++] = unit;
    else {
      target[to++] = 0xe0 | (unit >> 12);
      target[to++] = 0x80 | ((unit >> 6) & 0x3f);
      target[to++] = 0x80 | (unit & 0x3f);
    }
  }
  at = to;
}

function copy(from: Uint8Array): void {
  const { length } = from;
  reserve(length);
  // A few bytes are copied faster than a call for them is made.
  if (length > 40) bytes.set(from, at);
  else for (let i = 0; i < length; i++) bytes[at + i] = from[i] as number;
  at += length;
}

function sign(code: number): void {
  reserve(1);
  bytes[at] = code;
  at += 1;
}

/** The mapping shares frozen objects between records (one section reference for all its students): done once each. */
const shared = new WeakMap<object, Uint8Array>();

/** Writes a value. @returns false, and writes nothing, where it says nothing: null, an empty object or collection */
function writeValue(value: JsonValue | undefined): boolean {
  switch (typeof value) {
    case 'string':
      // The length stands before the text, so that no text can imitate a structure.
      sign(QUOTE);
      write(String(value.length));
      sign(COLON);
      write(value);
      return true;
    case 'number':
      sign(NUMBER);
      write(String(value));
      return true;
    case 'boolean':
      sign(value ? TRUE : FALSE);
      return true;
    case 'object': {
      if (value === null) return false;
      if (Array.isArray(value)) return writeList(value);
      let known = shared.get(value);
      if (known !== undefined) copy(known);
      else {
        if (!Object.isFrozen(value)) return writeObject(value);
        const start = at;
        writeObject(value);
        known = bytes.slice(start, at);
        shared.set(value, known);
      }
      return known.length > 0;
    }
    default:
      return false;
  }
}

function writeList(values: readonly JsonValue[]): boolean {
  const start = at;
  const items: Uint8Array[] = [];
  for (const value of values) {
    if (writeValue(value)) items.push(bytes.slice(start, at));
    at = start;
  }
  if (items.length === 0) return false;
  sign(OPEN_LIST);
  for (const item of items.sort(Buffer.compare)) {
    copy(item);
    sign(END);
  }
  sign(CLOSE_LIST);
  return true;
}

interface Shape {
  /** The members in the order they came in, and in the order they are written. */
  readonly names: readonly string[];
  readonly sorted: readonly string[];
  /** `name=` for each of `sorted`. */
  readonly labels: readonly Uint8Array[];
}
/** Bodies of a resource come with their members in the same order again and again: sort each order once. */
const shapes = new Map<string, Shape[]>();
/** A bound for hostile input that never repeats an order; far more than a mapping makes. */
const MOST_SHAPES = 64;

function shapeOf(names: readonly string[]): Shape {
  const first = names[0] ?? '';
  const known = shapes.get(first);
  if (known !== undefined) {
    next: for (const shape of known) {
      if (shape.names.length !== names.length) continue;
      for (let i = 1; i < names.length; i++) if (shape.names[i] !== names[i]) continue next;
      return shape;
    }
  }
  const sorted = names.slice().sort();
  const shape = { names, sorted, labels: sorted.map((name) => Buffer.from(`${name.length}:${name}=`)) };
  if (known === undefined) {
    if (shapes.size < MOST_SHAPES) shapes.set(first, [shape]);
  } else if (known.length < MOST_SHAPES) known.push(shape);
  return shape;
}

function writeObject(value: JsonObject): boolean {
  const start = at;
  sign(OPEN);
  const empty = at;
  const { sorted, labels } = shapeOf(Object.keys(value));
  for (let i = 0; i < sorted.length; i++) {
    const before = at;
    copy(labels[i] as Uint8Array);
    if (writeValue(value[sorted[i] as string])) sign(END);
    else at = before;
  }
  if (at === empty) {
    at = start;
    return false;
  }
  sign(CLOSE);
  return true;
}

/**
 * @param body an item as it would be sent
 * @returns its canonical form, equal for two bodies exactly when they say the same. Empty objects, empty collections
 *   and nulls count as absent. A view that the next call overwrites.
 */
export function canonical(body: JsonObject): Uint8Array {
  at = 0;
  writeValue(body);
  return bytes.subarray(0, at);
}
