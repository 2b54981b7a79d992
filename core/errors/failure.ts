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

const LONGEST = 600;
/** Of what is too long: its beginning, and its end, which says what to do. */
const KEPT_END = 200;

/** One line of a length that can be read, whatever a name in it holds: names come from files, servers and other programs. */
function asLine(sentence: string): string {
  const line = sentence.replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ');
  return line.length <= LONGEST ? line : `${line.slice(0, LONGEST - KEPT_END)}…${line.slice(-KEPT_END)}`;
}

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
    super(asLine(sentence));
    this.name = 'Failure';
    this.code = code;
    this.details = details;
  }
}

/** Details of what another data folder would help against: how a person chooses one is each host's to say. */
export const OTHER_FOLDER = { otherFolder: true } as const;

export const isFailure = (thrown: unknown): thrown is Failure => thrown instanceof Failure;
