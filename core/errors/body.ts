/**
 * The body of a refusal, cut to what is worth reading. A body may be hostile (huge, deep, full of near misses), so what
 * is searched is bounded here, and nowhere else: as much as a hundred times what real APIs send.
 */

/** One sentence of a body, with the path under which it stood where the body is keyed by path. */
export interface Message {
  readonly at?: string;
  readonly text: string;
}

export interface Body {
  /** False for a page, an empty body, or anything else that is no JSON object. */
  readonly isObject: boolean;
  /** The most telling first: those that carry a path. */
  readonly messages: readonly Message[];
  /** `blockingUris` of implementations that send these. */
  readonly blocking: readonly string[];
  /** Whether there are `failures`, and the resources that they name. */
  readonly failures: boolean;
  readonly missing: readonly string[];
}

export const LIMITS = {
  /** Characters of a body that is parsed at all. */
  body: 1_000_000,
  messages: 20,
  /** Characters of one message, of its path, and of all messages together. */
  message: 2000,
  path: 300,
  all: 8000,
  /** Values looked at while messages are looked for. */
  values: 1000,
  depth: 6,
} as const;

const NOTHING: Body = { isObject: false, messages: [], blocking: [], failures: false, missing: [] };

/** Collects messages until one of the limits is met. */
interface Reader {
  readonly messages: Message[];
  values: number;
  characters: number;
}

const isFull = (reader: Reader): boolean =>
  reader.messages.length >= LIMITS.messages || reader.values >= LIMITS.values || reader.characters >= LIMITS.all;

/** Takes every text inside a value, in its order. */
function collect(reader: Reader, value: unknown, at: string | undefined, depth = 0): void {
  if (isFull(reader) || depth > LIMITS.depth) return;
  reader.values += 1;
  if (typeof value === 'string') {
    const text = value.slice(0, Math.min(LIMITS.message, LIMITS.all - reader.characters));
    reader.characters += text.length;
    reader.messages.push(at === undefined ? { text } : { at: at.slice(0, LIMITS.path), text });
  } else if (typeof value === 'object' && value !== null) {
    // `for in` and not `values`: a list of a million is left after the first few.
    for (const name in value) {
      if (!Object.hasOwn(value, name)) continue;
      if (isFull(reader)) return;
      collect(reader, (value as Record<string, unknown>)[name], at, depth + 1);
    }
  }
}

/** The same for an object whose members are named by paths. */
function collectKeyed(reader: Reader, value: unknown): void {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return;
  for (const path in value) {
    if (!Object.hasOwn(value, path)) continue;
    if (isFull(reader)) return;
    collect(reader, (value as Record<string, unknown>)[path], path);
  }
}

/** `{message, path}`, as one implementation lists them. */
function collectListed(reader: Reader, value: unknown): void {
  for (const one of (Array.isArray(value) ? value : [value]).slice(0, LIMITS.messages) as unknown[]) {
    const entry = typeof one === 'object' && one !== null ? (one as Record<string, unknown>) : undefined;
    if (typeof entry?.message === 'string' && typeof entry.path === 'string') {
      collect(reader, entry.message, entry.path);
    } else {
      collect(reader, one, undefined);
    }
  }
}

const newReader = (): Reader => ({ messages: [], values: 0, characters: 0 });

const textsIn = (value: unknown): string[] => {
  const reader = newReader();
  collect(reader, value, undefined);
  return reader.messages.map(({ text }) => text.slice(0, LIMITS.path));
};

const parse = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};

/** The resources that `failures` names, each `{resourceName, identity}`. */
const namesOfMissing = (failures: unknown): string[] =>
  (Array.isArray(failures) ? failures.slice(0, LIMITS.messages) : []).flatMap((one: unknown) => {
    const name = typeof one === 'object' && one !== null ? (one as Record<string, unknown>).resourceName : undefined;
    return typeof name === 'string' ? [name.slice(0, LIMITS.path)] : [];
  });

/** Takes a body as it came, gives what of it is to be searched. Never throws. */
export function readBody(text: string): Body {
  // Too long to be an answer to a record; that it looks like JSON still tells an API from a page.
  if (text.length > LIMITS.body) return { ...NOTHING, isObject: /^\s{0,20}\{/.test(text) };
  const json = parse(text);
  if (typeof json !== 'object' || json === null || Array.isArray(json)) return NOTHING;
  const { validationErrors, modelState, errors, detail, message, error, failures, blockingUris } = json as Record<
    string,
    unknown
  >;
  // Some hosts put both inside their `error`, others beside it.
  const inside =
    typeof error === 'object' && error !== null && !Array.isArray(error) ? (error as Record<string, unknown>) : {};
  const missing = failures ?? inside.failures;
  const reader = newReader();
  collectKeyed(reader, validationErrors);
  collectKeyed(reader, modelState);
  for (const part of [errors, detail, message]) collect(reader, part, undefined);
  collectListed(reader, error);
  collect(reader, failures, undefined);
  return {
    isObject: true,
    messages: reader.messages,
    blocking: textsIn(blockingUris ?? inside.blockingUris),
    failures: missing !== undefined,
    missing: namesOfMissing(missing),
  };
}

/** Takes a body; gives its messages as one text, a line each. */
export const textOf = (body: Body): string => body.messages.map(({ text }) => text).join('\n');

/** Takes a message; gives its sentences: the older form strings several together, line by line. */
export const linesOf = ({ text }: Message): string[] =>
  text
    .split(/[\r\n\t]+/, LIMITS.messages)
    .map((line) => line.trim())
    .filter((line) => line !== '');
