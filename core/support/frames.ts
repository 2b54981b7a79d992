/** Where in our own program something was thrown; no message, no function name, no file of anybody else. */
import { types } from 'node:util';
import type { ModuleName } from './fields.ts';
import { type Modules, ownModules } from './modules.ts';
import { inherits, isSafe, ownValue } from './thrown.ts';

export { codeOf, type ThrownCode } from './thrown.ts';

/** Line and column count from 1. */
export interface Frame {
  readonly module: ModuleName;
  readonly line: number;
  readonly column: number;
}

const MOST_FRAMES = 20;
const DEEPEST_CAUSE = 8;
const DEEPEST_PROTOTYPE = 20;
const LONGEST_STACK = 20_000;

/** V8 keeps a stack behind a getter of its own; any other getter is somebody's code. */
const ownGetter = Object.getOwnPropertyDescriptor(new Error(), 'stack')?.get;

/**
 * Takes anything that was thrown; gives the frames in our own files, innermost first: those of the deepest cause that
 * has any. Never throws, and runs no code of what it looks at.
 */
export function framesOf(thrown: unknown, modules: Modules = ownModules()): Frame[] {
  let frames: Frame[] = [];
  try {
    const seen = new Set<unknown>();
    let at: unknown = thrown;
    while (isSafe(at) && !seen.has(at) && seen.size < DEEPEST_CAUSE) {
      seen.add(at);
      const own = inherits(at, Error.prototype) ? ownFrames(at, modules) : [];
      if (own.length > 0) frames = own;
      at = ownValue(at, 'cause');
    }
  } catch {
    return [];
  }
  return frames;
}

function ownFrames(error: object, modules: Modules): Frame[] {
  const stack = stackOf(error);
  const message = ownValue(error, 'message');
  if (stack === undefined || stack.length > LONGEST_STACK) return [];
  const frames: Frame[] = [];
  for (const line of withoutHeader(stack, typeof message === 'string' ? message : '').split('\n')) {
    const frame = frameIn(line, modules);
    if (frame !== undefined) frames.push(frame);
    if (frames.length === MOST_FRAMES) break;
  }
  return frames;
}

function stackOf(error: object): string | undefined {
  const property = Object.getOwnPropertyDescriptor(error, 'stack');
  if (property === undefined) return undefined;
  if (property.get === undefined) return typeof property.value === 'string' ? property.value : undefined;
  const { get } = property;
  if (get !== ownGetter || !types.isNativeError(error)) return undefined;
  // V8 writes the text when it is first asked for it, and reads name and message for that.
  if (!isPlainText(error, 'name') || !isPlainText(error, 'message')) return undefined;
  const stack = withoutHook(() => Reflect.apply(get, error, []));
  return typeof stack === 'string' ? stack : undefined;
}

/** Whether reading a property, its own or a prototype's, gives a string and runs nothing. */
function isPlainText(error: object, name: string): boolean {
  let at: unknown = error;
  for (let depth = 0; depth < DEEPEST_PROTOTYPE && isSafe(at); depth++) {
    const property = Object.getOwnPropertyDescriptor(at, name);
    if (property !== undefined) return typeof property.value === 'string';
    at = Object.getPrototypeOf(at);
  }
  return false;
}

/** The getter asks a hook for the text, if somebody set one. */
function withoutHook(read: () => unknown): unknown {
  const hook = Object.getOwnPropertyDescriptor(Error, 'prepareStackTrace');
  if (hook === undefined) return read();
  if (!Reflect.deleteProperty(Error, 'prepareStackTrace')) return undefined;
  try {
    return read();
  } finally {
    Object.defineProperty(Error, 'prepareStackTrace', hook);
  }
}

/** What stands behind `Error: message`. A message can look like frames: where it is not found, nothing is taken. */
function withoutHeader(stack: string, message: string): string {
  const [kind] = /^(?:Uncaught )?[\w$.]{1,80}(?: \[\w{1,80}\])?/.exec(stack) ?? [];
  if (kind === undefined) return '';
  const header = message === '' ? kind : `${kind}: ${message}`;
  const rest = stack.slice(header.length);
  return stack.startsWith(header) && (rest === '' || rest.startsWith('\n')) ? rest : '';
}

function frameIn(text: string, modules: Modules): Frame | undefined {
  const [, place = '', line = '', column = ''] = /^ {4}at (.{1,2000}):(\d{1,6}):(\d{1,6})\)?$/.exec(text) ?? [];
  if (place === '') return undefined;
  // `at name (file`, `at async file`, `at file`; a name can have brackets of its own.
  const file = place.slice(place.lastIndexOf(' (') + 1).replace(/^\(/, '');
  const at = { line: Number(line), column: Number(column) };
  if (at.line < 1 || at.column < 1) return undefined;
  const module = modules.nameOf(file.replace(/^async /, ''), at.line, at.column);
  return module === undefined ? undefined : { module, ...at };
}
