/** What was thrown, as one word of a closed list. Looks at values of any origin, and runs none of their code. */
import { types } from 'node:util';
import { FAILURE_CODES, Failure } from '../errors/failure.ts';

const SYSTEM_CODES = [
  'EACCES',
  'EADDRINUSE',
  'EBADF',
  'EBUSY',
  'ECONNREFUSED',
  'ECONNRESET',
  'EDQUOT',
  'EEXIST',
  'EINVAL',
  'EIO',
  'EISDIR',
  'ELOOP',
  'EMFILE',
  'ENFILE',
  'ENOENT',
  'ENOMEM',
  'ENOSPC',
  'ENOTDIR',
  'ENOTEMPTY',
  'EPERM',
  'EPIPE',
  'EROFS',
  'ETIMEDOUT',
  'EXDEV',
  'ERR_OUT_OF_RANGE',
  'ERR_WORKER_OUT_OF_MEMORY',
  'SQLITE_BUSY',
  'SQLITE_CANTOPEN',
  'SQLITE_CONSTRAINT',
  'SQLITE_CORRUPT',
  'SQLITE_ERROR',
  'SQLITE_FULL',
  'SQLITE_IOERR',
  'SQLITE_LOCKED',
  'SQLITE_MISUSE',
  'SQLITE_NOTADB',
  'SQLITE_READONLY',
] as const;

const KINDS = [
  'type-error',
  'range-error',
  'reference-error',
  'syntax-error',
  'error',
  'not-an-error',
  'unexpected',
] as const;

/** A failure's code; that of the system or the database; or what kind of error it is. */
export const THROWN_CODES = [...FAILURE_CODES, ...SYSTEM_CODES, ...KINDS] as const;
export type ThrownCode = (typeof THROWN_CODES)[number];

const DEEPEST_CHAIN = 20;

/** An object that can be looked at without any of its code running. */
export const isSafe = (value: unknown): value is object =>
  ((typeof value === 'object' && value !== null) || typeof value === 'function') && !types.isProxy(value);

/** @returns the value of an object's own data property; undefined where there is none, or a getter stands there */
export const ownValue = (value: object, name: string): unknown => Object.getOwnPropertyDescriptor(value, name)?.value;

/** As `instanceof`, without running a proxy that stands among the prototypes. */
export function inherits(value: object, prototype: object): boolean {
  let at: unknown = value;
  for (let depth = 0; depth < DEEPEST_CHAIN && isSafe(at); depth++) {
    at = Object.getPrototypeOf(at);
    if (at === prototype) return true;
  }
  return false;
}

/** Takes anything that was thrown; gives what it is. Never throws, and never runs what it looks at. */
export function codeOf(thrown: unknown): ThrownCode {
  try {
    if (!isSafe(thrown)) return types.isProxy(thrown) ? 'unexpected' : 'not-an-error';
    const code = ownValue(thrown, 'code');
    if (inherits(thrown, Failure.prototype)) return FAILURE_CODES.find((one) => one === code) ?? 'unexpected';
    const system = typeof code === 'string' ? systemCode(code) : undefined;
    if (system !== undefined) return system;
    if (inherits(thrown, TypeError.prototype)) return 'type-error';
    if (inherits(thrown, RangeError.prototype)) return 'range-error';
    if (inherits(thrown, ReferenceError.prototype)) return 'reference-error';
    if (inherits(thrown, SyntaxError.prototype)) return 'syntax-error';
    return inherits(thrown, Error.prototype) ? 'error' : 'not-an-error';
  } catch {
    return 'unexpected';
  }
}

/** SQLite's extended codes (`SQLITE_CONSTRAINT_UNIQUE`) count as the plain one. */
const systemCode = (code: string): ThrownCode | undefined =>
  SYSTEM_CODES.find((one) => one === code || (one.startsWith('SQLITE_') && code.startsWith(`${one}_`)));
