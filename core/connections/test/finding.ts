/** What one step of a connection test found, in one sentence and, where something is to be done, one fix. */
import type { TestStep, TestStepName } from '../../contract/schemas.ts';
import { type Failure, isFailure } from '../../errors/failure.ts';

export type Finding =
  | { readonly state: 'passed'; readonly sentence: string }
  | { readonly state: 'warned' | 'failed'; readonly sentence: string; readonly fix: string; readonly code?: string };

export const passed = (sentence: string): Finding => ({ state: 'passed', sentence });
export const warned = (sentence: string, fix: string): Finding => ({ state: 'warned', sentence, fix });
export const failed = (code: string, sentence: string, fix: string): Finding => ({
  state: 'failed',
  sentence,
  fix,
  code,
});

export const stepOf = (step: TestStepName, finding: Finding): TestStep => ({ step, ...finding });

/** Fixes that deserve more words than a failure's one sentence has; by the reason in its details. */
const FIXES: Readonly<Record<string, string>> = {
  'tls-untrusted':
    "If this network inspects encrypted traffic, as many districts' do, add the district's own certificate authority to this connection: your network administrator has it as a PEM file. If it does not, do not go on, and ask the API's host. Checking is never switched off.",
  'web-page':
    "Enter the API's base address, not that of its documentation. If it is right, a proxy or sign-in portal of this network is in between: open the address in a browser, or ask your network administrator.",
  'too-many-tokens':
    'Close other programs that use this key, or give each its own; else wait until their sign-ins have expired, 30 minutes as a rule.',
};

/**
 * A failure's sentence says what is wrong, and behind a colon what to do: here they are apart.
 * @throws what was thrown where it is no Failure: that is a defect, and no finding
 */
export function findingOf(thrown: unknown): Extract<Finding, { state: 'failed' | 'warned' }> {
  if (!isFailure(thrown)) throw thrown;
  if (thrown.code === 'cancelled') {
    return { state: 'failed', sentence: 'The test was stopped.', fix: 'Start it again.', code: thrown.code };
  }
  const { what, todo } = halves(thrown);
  const reason = typeof thrown.details.reason === 'string' ? thrown.details.reason : '';
  return { state: 'failed', sentence: what, fix: FIXES[reason] ?? todo, code: thrown.code };
}

function halves({ message }: Failure): { what: string; todo: string } {
  const colon = /^(.+?): (\S.*)$/s.exec(message);
  const [, what = '', todo = ''] = colon ?? /^(.+?)\. (\S.*)$/s.exec(message) ?? [];
  if (todo === '') return { what: message, todo: "Try again later, and ask the API's host if it stays so." };
  return { what: `${what}.`, todo: `${todo.charAt(0).toUpperCase()}${todo.slice(1)}` };
}
