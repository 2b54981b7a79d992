/** What a person reads of a batch: the plan, the account, the causes. */
import pc from 'picocolors';
import type { AccountView, PlanView, ProblemGroupView, SyncResult, TestStep } from '../contract/schemas.ts';
import { duration, number, out, table } from './terminal.ts';

const short = (resource: string): string => resource.replace(/^ed-fi\//, '');
const cell = (value: number): string => (value === 0 ? pc.dim('·') : number(value));

export function printSteps(steps: readonly TestStep[]): void {
  const mark = { passed: pc.green('✓'), warned: pc.yellow('!'), failed: pc.red('✗') };
  for (const { step, state, sentence } of steps) out(`  ${mark[state]} ${step.padEnd(13)} ${sentence}`);
}

export function printPlan(plan: PlanView): void {
  const rows = plan.resources.filter(
    (r) => r.creates + r.updates + r.deletes + r.unchanged + r.rejected + r.held + r.failedBefore + r.skipped > 0,
  );
  out(pc.bold('Plan (nothing has been sent)'));
  const head = ['resource', 'create', 'update', 'delete', 'unchanged', 'rejected', 'held', 'failed before', 'not sent'];
  const right = [1, 2, 3, 4, 5, 6, 7, 8];
  out(
    table(
      [
        head,
        ...rows.map((r) => [
          short(r.resource),
          ...[r.creates, r.updates, r.deletes, r.unchanged, r.rejected, r.held, r.failedBefore, r.skipped].map(cell),
        ]),
      ],
      right,
    ),
  );
  const samples = rows.flatMap((r) => [
    ...r.samples.create.slice(0, 1).map((s) => `create ${short(r.resource)}: ${s.file} row ${s.row}`),
    ...r.samples.update.slice(0, 1).map((s) => `update ${short(r.resource)}: ${s.file} row ${s.row}`),
  ]);
  if (samples.length > 0 && samples.length <= 12) out(pc.dim(`for example ${samples.join('; ')}`));
  for (const sentence of plan.guard) out(`${pc.yellow('waits')} ${sentence}`);
  out();
}

const COLUMNS = ['created', 'updated', 'deleted', 'unchanged', 'rejected', 'held', 'failed', 'skipped'] as const;

export function accountLine(account: AccountView): string {
  return `${number(account.read)} read = ${COLUMNS.map((name) => `${number(account[name])} ${name}`).join(' + ')}`;
}

export function printResult(result: SyncResult, connection: string): void {
  const { account, requests } = result;
  out(pc.bold('Account'));
  out(`  ${accountLine(account)}`);
  const sent = requests.POST + requests.PUT + requests.DELETE;
  out(
    pc.dim(
      `  ${number(sent)} writes, ${number(requests.GET)} reads, ${requests.token} token${requests.token === 1 ? '' : 's'}${requests.retries > 0 ? `, ${number(requests.retries)} repeated` : ''}; ${duration(result.seconds)}`,
    ),
  );
  out();
  printProblems(result.problems, connection);
  switch (result.state) {
    case 'waiting':
      out(
        pc.yellow(
          'Nothing was sent: the plan waits for your approval. If it is right, run the same again with --approve.',
        ),
      );
      break;
    case 'planned':
      out('Nothing was sent: this was only the plan.');
      break;
    case 'stopped':
      out(
        pc.yellow(
          `${result.stopped?.sentence ?? ''} ${number(result.left)} record${result.left === 1 ? ' is' : 's are'} left; run the same again and it goes on from here.`,
        ),
      );
      break;
    case 'done':
      break;
  }
}

const PEOPLE: Record<string, string> = {
  steward: 'you',
  sis: 'SIS data entry',
  'api-host': "the API's host",
  vendor: 'the vendor',
};

export function printProblems(problems: readonly ProblemGroupView[], connection: string): void {
  if (problems.length === 0) {
    out(pc.green('No problems: everything that was read is in the API or was left alone on purpose.'));
    out();
    return;
  }
  out(
    pc.bold(
      `${problems.length === 1 ? 'One cause' : `${problems.length} causes`} to look at, the one that blocks most first`,
    ),
  );
  problems.forEach((group, index) => {
    const value = group.value === null ? '' : ` (${group.value})`;
    const held =
      group.held === 0 ? '' : `, and ${number(group.held)} held because of ${group.records === 1 ? 'it' : 'them'}`;
    out(`${String(index + 1).padStart(3)}. ${pc.bold(group.title)}${value}`);
    out(
      `     ${number(group.records)} record${group.records === 1 ? '' : 's'} in ${group.resource}${held}${group.file === null ? '' : `; first at ${group.file} row ${group.row}`}`,
    );
    out(`     ${group.what}`);
    out(`     ${pc.cyan('→')} ${group.fix} ${pc.dim(`(${PEOPLE[group.who] ?? group.who})`)}`);
    const [first] = group.suggestions;
    if (first !== undefined && group.value !== null && group.subject !== null) {
      out(
        pc.dim(
          `       suggested: rollbook descriptors map --connection ${connection} ${group.subject} ${group.value} "${first.uri}"`,
        ),
      );
    } else if (group.code === 'descriptor-unmapped' && group.value !== null && group.subject !== null) {
      out(
        pc.dim(
          `       rollbook descriptors map --connection ${connection} ${group.subject} ${group.value} "uri://…#…"`,
        ),
      );
    }
  });
  out();
}
