/** What a person reads of a connection test and of a batch that has ended. */
import pc from 'picocolors';
import type { AccountView, RequestsView, SyncResult, TestStep } from '../contract/schemas.ts';
import { commandFor, type Place } from './place.ts';
import { printProblems } from './problems.ts';
import { duration, number, out, plural, printable, wrap } from './terminal.ts';

const MARK = { passed: '✓', warned: '!', failed: '✗' } as const;
const PAINT = { passed: pc.green, warned: pc.yellow, failed: pc.red } as const;

export function printSteps(steps: readonly TestStep[]): void {
  for (const step of steps) printStep(step);
}

export function printStep({ step, state, sentence, fix }: TestStep): void {
  out(wrap(printable(sentence), `  ${PAINT[state](MARK[state])} ${step.padEnd(14)}`));
  if (fix !== undefined) out(wrap(printable(fix), ' '.repeat(18)));
}

const COLUMNS = ['created', 'updated', 'deleted', 'unchanged', 'rejected', 'held', 'failed', 'skipped'] as const;

/** `12 read = 3 created + 0 updated + …`; what is zero steps back on a terminal with colours */
export function accountLine(account: AccountView): string {
  const parts = COLUMNS.map((name) => {
    // Not broken between the number and what it counts.
    const part = `${number(account[name])}\u00a0${name}`;
    return account[name] === 0 ? pc.dim(part) : part;
  });
  const line = wrap(`${number(account.read)}\u00a0read = ${parts.join(' +\u00a0')}`, '  ');
  return line.replaceAll('\u00a0', ' ');
}

function requestsLine(requests: RequestsView, seconds: number): string {
  const parts = [
    plural(requests.POST + requests.PUT + requests.DELETE, 'write'),
    plural(requests.GET, 'read'),
    plural(requests.token, 'token'),
    ...(requests.retries > 0 ? [`${number(requests.retries)} sent again`] : []),
  ];
  return `${parts.join(', ')}; ${duration(seconds)}`;
}

/** @param place where the batch ran, for commands that a person may run next */
export function printResult(result: SyncResult, place: Place): void {
  const { account } = result;
  out();
  out(pc.bold('Account'));
  out(accountLine(account));
  out(pc.dim(`  ${requestsLine(result.requests, result.seconds)}`));
  out();
  printProblems(result.problems, place);
  const left = `${plural(result.left, 'record is', 'records are')} left`;
  switch (result.state) {
    case 'waiting':
      out(
        wrap('Nothing was sent: the plan waits for your approval. If it is right, run the same again with --approve.'),
      );
      return;
    case 'planned':
      out('Nothing was sent: this was only the plan.');
      return;
    case 'stopped':
      out(wrap(`${result.stopped?.sentence ?? ''} ${left}; run the same again and it goes on from here.`));
      return;
    case 'done': {
      const outside = account.rejected + account.held + account.failed;
      if (outside === 0) out(pc.green('Done: the API is true to the export.'));
      else {
        const causes = result.problems.length > 0 ? 'the causes are above' : 'their causes are ignored';
        out(wrap(`Done, but for ${plural(outside, 'record')}; ${causes}.`));
        if (result.problems.length === 0 && place.stays) out(pc.dim(commandFor('problems', place, '--hidden')));
      }
    }
  }
}
