/** The command line: the same engine without a screen, for schedulers and for those who like it. */
import { readFileSync } from 'node:fs';
import { Command, CommanderError } from 'commander';
import { backupCommand, restoreCommand } from './commands/backup.ts';
import { batchesCommand } from './commands/batches.ts';
import { connectCommand } from './commands/connect.ts';
import { decisionCommands } from './commands/decide.ts';
import { demoCommand } from './commands/demo.ts';
import { descriptorsCommand } from './commands/descriptors.ts';
import { districtCommand } from './commands/district.ts';
import { findCommand } from './commands/find.ts';
import { fixListCommand } from './commands/fix-list.ts';
import { problemsCommand } from './commands/problems.ts';
import { adoptCommand, auditCommand } from './commands/read-back.ts';
import { referenceCommand } from './commands/reference.ts';
import { retryCommand } from './commands/retry.ts';
import { sandboxCommand } from './commands/sandbox.ts';
import { settingsCommand } from './commands/settings.ts';
import { statusCommand } from './commands/status.ts';
import { supportBundleCommand } from './commands/support-bundle.ts';
import { syncCommand } from './commands/sync.ts';
import { Exit, report } from './exit.ts';
import { dataOption, jsonOption } from './options.ts';
import { columns } from './terminal.ts';
import { usageFailure } from './usage.ts';

function version(): string {
  const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}

/** Every command, and what is in it, speaks of wrong usage in this program's words, and leaves the exit code to it. */
function prepare(command: Command): void {
  command.exitOverride((error) => {
    throw error.exitCode === 0 || error.code === 'commander.help' ? error : usageFailure(command, error);
  });
  command.configureOutput({
    outputError: () => undefined,
    getOutHelpWidth: () => Math.min(100, columns()),
    getErrHelpWidth: () => Math.min(100, columns()),
  });
  command.helpOption('-h, --help', 'show this help').helpCommand(false);
  for (const child of command.commands) prepare(child);
}

const program = new Command('rollbook')
  .description("Keeps Ed-Fi APIs true to a district's student information system.")
  .version(version(), '-V, --version', 'show the version')
  .addOption(dataOption())
  .addOption(jsonOption())
  .addHelpText(
    'after',
    `
rollbook COMMAND --help explains a command. To begin with: rollbook demo

Exit codes:
  0  all confirmed
  1  wrong usage, or files that cannot be used
  2  done, but for rejected, held or failed records; or problems or audit found some
  3  the plan waits for approval
  4  the API is not reachable, or refuses the key
  5  the ledger is in use or damaged, or the disk is full`,
  );
for (const command of [
  demoCommand(),
  connectCommand(),
  syncCommand(),
  problemsCommand(),
  retryCommand(),
  ...decisionCommands(),
  fixListCommand(),
  statusCommand(),
  batchesCommand(),
  descriptorsCommand(),
  auditCommand(),
  adoptCommand(),
  referenceCommand(),
  findCommand(),
  supportBundleCommand(),
  settingsCommand(),
  backupCommand(),
  restoreCommand(),
  districtCommand(),
  sandboxCommand(),
]) {
  program.addCommand(command);
}
prepare(program);

// Started by the launcher on an older Node: when that is gone, however it went, this must not go on unseen.
process.on('disconnect', () => process.exit(Exit.interrupted));
process.channel?.unref();
// What nobody foresaw, outside of any command's work: a sentence, and no dump of what was thrown.
process.on('uncaughtException', (thrown) => process.exit(report(thrown, process.argv.includes('--json'))));

try {
  await program.parseAsync();
} catch (thrown) {
  if (thrown instanceof CommanderError) process.exitCode = thrown.exitCode === 0 ? Exit.ok : Exit.usage;
  else process.exitCode = report(thrown, process.argv.includes('--json'));
}
