/** Runs a command's work: whatever goes wrong is one sentence and an exit code. */
import { Command } from 'commander';
import { report } from './exit.ts';
import { jsonOption, type Shared } from './options.ts';

export const command = (name: string, description: string): Command => new Command(name).description(description);

/**
 * Gives a command its work, and `--json`, which every one has.
 * @param work takes the options, those given before the command included, and the words behind it; gives the exit code
 */
export function act<O extends Shared>(
  target: Command,
  work: (options: O, words: readonly string[]) => Promise<number>,
): Command {
  return target.addOption(jsonOption()).action(async () => {
    const options: O = target.optsWithGlobals();
    try {
      process.exitCode = await work(options, target.processedArgs);
    } catch (thrown) {
      process.exitCode = report(thrown, options.json === true);
    }
  });
}
