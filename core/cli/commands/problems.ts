/** `rollbook problems`: what is not in the API yet, by cause. */
import type { Command } from 'commander';
import pc from 'picocolors';
import { Exit } from '../exit.ts';
import { dataOption, type Shared } from '../options.ts';
import { forPrograms, printProblems } from '../problems.ts';
import { act, command } from '../run.ts';
import { jsonLine, out, printable } from '../terminal.ts';
import { withEngine } from '../with-engine.ts';

interface Options extends Shared {
  readonly connection?: string;
}

async function problems(options: Options): Promise<number> {
  const found = await withEngine(options, async (engine) => {
    const names =
      options.connection === undefined
        ? (await engine.call('connections.list', {})).map(({ name }) => name)
        : [options.connection];
    const groups = [];
    for (const connection of names) {
      groups.push({ connection, problems: await engine.call('problems.list', { connection }) });
    }
    return groups;
  });
  const none = found.every((one) => one.problems.length === 0);
  for (const { connection, problems } of found) {
    if (options.json) {
      for (const problem of problems) jsonLine({ type: 'problem', connection, ...forPrograms(problem) });
      continue;
    }
    if (problems.length === 0) continue;
    if (found.length > 1) out(pc.bold(pc.cyan(printable(connection))));
    printProblems(problems, { connection, data: options.data, stays: true });
  }
  if (none && !options.json) out(pc.green('No problems: nothing is rejected, held or failed.'));
  return none ? Exit.ok : Exit.incomplete;
}

/** @returns `rollbook problems` */
export function problemsCommand(): Command {
  const made = command('problems', 'Lists what is not in the API yet, by cause, with what to do about it.')
    .option('--connection <name>', 'name of the connection; every one unless told')
    .addOption(dataOption())
    .addHelpText('after', '\nExit codes: 0 where there is none, 2 where there are some.');
  return act<Options>(made, problems);
}
