/** Exit codes, for schedulers. */
import type { SyncResult } from '../contract/schemas.ts';
import { Failure, type FailureCode, isFailure } from '../errors/failure.ts';
import { err, jsonLine } from './terminal.ts';

export const Exit = {
  ok: 0,
  usage: 1,
  incomplete: 2,
  waiting: 3,
  unreachable: 4,
  ledger: 5,
  interrupted: 130,
} as const;

const BY_CODE: Record<FailureCode, number> = {
  usage: Exit.usage,
  'source-unusable': Exit.usage,
  'mapping-invalid': Exit.usage,
  'connection-unknown': Exit.usage,
  'connection-exists': Exit.usage,
  'secret-missing': Exit.usage,
  'api-unreachable': Exit.unreachable,
  'api-not-edfi': Exit.unreachable,
  'api-unusable': Exit.unreachable,
  'credentials-refused': Exit.unreachable,
  'specification-unusable': Exit.unreachable,
  'ledger-in-use': Exit.ledger,
  'ledger-damaged': Exit.ledger,
  'ledger-from-future': Exit.ledger,
  'disk-full': Exit.ledger,
  'approval-needed': Exit.waiting,
  cancelled: Exit.interrupted,
  internal: Exit.usage,
};

export const exitOfCode = (code: string): number => BY_CODE[code as FailureCode] ?? Exit.usage;

export function exitOfResult(result: SyncResult): number {
  if (result.state === 'waiting') return Exit.waiting;
  if (result.stopped !== null) return exitOfCode(result.stopped.code);
  if (result.state === 'planned') return Exit.ok;
  const { rejected, held, failed } = result.account;
  return rejected + held + failed > 0 ? Exit.incomplete : Exit.ok;
}

/** Where another data folder would help, it is said how one is chosen here. */
const sentenceOf = ({ message, details }: Failure): string =>
  details.otherFolder === true ? message.replace('another data folder', 'another data folder with --data') : message;

/** Says what went wrong in one sentence; never a stack. @returns the exit code */
export function report(thrown: unknown, json: boolean): number {
  const failure = isFailure(thrown)
    ? thrown
    : new Failure(
        'internal',
        'Something went wrong inside Rollbook. Run the same again, and tell support if it comes back.',
      );
  const { code, details } = failure;
  const sentence = sentenceOf(failure);
  if (json) jsonLine({ type: 'error', code, sentence, details });
  else err(sentence);
  return exitOfCode(code);
}
