/** Wrong usage, said in a sentence: what the parser of the command line has to say, in this program's words. */
import type { Command, CommanderError } from 'commander';
import { Failure } from '../errors/failure.ts';

/** `rollbook connect add` */
export function pathOf(command: Command): string {
  const names: string[] = [];
  for (let at: Command | null = command; at !== null; at = at.parent) names.unshift(at.name());
  return names.join(' ');
}

const flagIn = (message: string): string => /(?:option|argument) '([^']*)'/.exec(message)?.[1] ?? '';

function unknownOption(here: string, flag: string, hint: string): Failure {
  const name = flag.split('=')[0] ?? '';
  if (/^--(secret|password)$/.test(name)) {
    return new Failure(
      'usage',
      'A secret is never given on the command line, where every list of processes shows it: set ROLLBOOK_SECRET, name a file with --secret-file, or wait to be asked.',
    );
  }
  return new Failure('usage', `${here} has no option ${name}.${hint} ${here} --help explains it.`);
}

/** @returns an option of the command line that neither the command nor those above it know */
function strayOption(command: Command): string | undefined {
  const known = new Set<string | undefined>(['--help', '--version']);
  for (let at: Command | null = command; at !== null; at = at.parent) {
    for (const option of at.options) known.add(option.long);
  }
  return process.argv.find((word) => /^--[a-z]/.test(word) && !known.has(word.split('=')[0]));
}

/**
 * @param command the one whose words could not be taken
 * @param error the parser's; its message may repeat what was typed, which may be a secret, and is not passed on
 */
export function usageFailure(command: Command, error: CommanderError): Failure {
  const here = pathOf(command);
  const flag = flagIn(error.message);
  const near = /\(Did you mean (.*)\?\)/s.exec(error.message)?.[1];
  const hint = near === undefined ? '' : ` Did you mean ${near}?`;
  const help = ` ${here} --help explains it.`;
  switch (error.code) {
    case 'commander.unknownOption':
      return unknownOption(here, flag, hint);
    case 'commander.unknownCommand':
      return new Failure('usage', `${here} has no such command.${hint} ${here} --help lists them.`);
    case 'commander.missingMandatoryOptionValue': {
      // A misspelt option is the reason more often than a forgotten one.
      const stray = strayOption(command);
      if (stray !== undefined) return unknownOption(here, stray, '');
      return new Failure('usage', `${here} needs ${flag}.${help}`);
    }
    case 'commander.missingArgument':
      return new Failure('usage', `${here} needs <${flag}>.${help}`);
    case 'commander.optionMissingArgument':
      return new Failure('usage', `The option ${flag} needs a value.${help}`);
    case 'commander.excessArguments':
      return new Failure('usage', `${here} was given more words than it takes.${help}`);
    case 'commander.invalidArgument': {
      const [, word, why = 'cannot be taken.'] =
        /is invalid(?: for argument '([^']*)')?\. ?(.*)$/s.exec(error.message) ?? [];
      return new Failure('usage', `${word === undefined ? flag : `<${word}>`} ${why}`);
    }
    case 'commander.conflictingOption': {
      const [, one = '', other = ''] = /option '([^']*)'.*option '([^']*)'/s.exec(error.message) ?? [];
      return new Failure('usage', `${one} and ${other} do not go together: give one of them.${help}`);
    }
    default:
      return new Failure('usage', `This cannot be taken as a command.${help}`);
  }
}
