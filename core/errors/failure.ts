/** Stable: programs, ledgers and the log hold them. */
export const FAILURE_CODES = [
  'usage',
  'source-unusable',
  'mapping-invalid',
  'connection-unknown',
  'connection-exists',
  'secret-missing',
  'api-unreachable',
  'api-not-edfi',
  'api-unusable',
  'credentials-refused',
  'specification-unusable',
  'ledger-in-use',
  'ledger-damaged',
  'ledger-from-future',
  'disk-full',
  'approval-needed',
  'cancelled',
  'internal',
] as const;
export type FailureCode = (typeof FAILURE_CODES)[number];

/**
 * The one kind of error that reaches a person: a stable code for programs, and one sentence that says what is wrong,
 * where, and what to do. The sentence may name files, rows, columns, resources, properties and connections; it never
 * holds a value from a record, a server's own words, or a secret.
 */
export class Failure extends Error {
  readonly code: FailureCode;
  /** Data a caller may act on; same privacy rule as the sentence. */
  readonly details: Readonly<Record<string, string | number | boolean>>;

  constructor(code: FailureCode, sentence: string, details: Record<string, string | number | boolean> = {}) {
    super(sentence);
    this.name = 'Failure';
    this.code = code;
    this.details = details;
  }
}

export const isFailure = (thrown: unknown): thrown is Failure => thrown instanceof Failure;
