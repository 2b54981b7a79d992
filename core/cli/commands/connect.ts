/** `rollbook connect`: connections to Ed-Fi APIs. */
import { Command, InvalidArgumentError } from 'commander';
import type { CommandInput } from '../../contract/schemas.ts';
import { Exit, exitOfCode } from '../exit.ts';
import { dataOption, oneOf, pairs, type Shared, secret } from '../options.ts';
import { printSteps } from '../report.ts';
import { act, command } from '../run.ts';
import { promptForSecret } from '../secret.ts';
import { clock, jsonLine, number, out, plural, printable, table, wrap } from '../terminal.ts';
import { withEngine } from '../with-engine.ts';

const toStudentId = (text: string): string => {
  if (/^(sourcedId|identifier|userIds:.+)$/.test(text)) return text;
  throw new InvalidArgumentError('has to be sourcedId, identifier, or userIds:TYPE (userIds:stateId, for example).');
};

interface AddOptions extends Shared {
  readonly url: string;
  readonly key: string;
  readonly studentId: string;
  readonly secretFile?: string;
  readonly set?: Readonly<Record<string, string>>;
  readonly route?: Readonly<Record<string, string>>;
  readonly educationOrganizations?: string;
  readonly vanished?: 'delete' | 'keep';
  readonly mapping?: string;
  readonly test: boolean;
}

async function inputFor(options: AddOptions, name: string): Promise<CommandInput<'connections.add'>> {
  const { educationOrganizations, secretFile, route, mapping, vanished } = options;
  const typed = secret === undefined && secretFile === undefined ? await promptForSecret('Secret: ') : undefined;
  return {
    name,
    url: options.url,
    key: options.key,
    studentId: options.studentId,
    settings: { ...options.set, ...(educationOrganizations === undefined ? {} : { educationOrganizations }) },
    test: options.test,
    ...(typed === undefined ? {} : { secret: typed }),
    ...(secretFile === undefined ? {} : { secretFile }),
    ...(route === undefined ? {} : { routeValues: { ...route } }),
    ...(mapping === undefined ? {} : { mapping }),
    ...(vanished === undefined ? {} : { vanished }),
  };
}

async function add(options: AddOptions, [name = '']: readonly string[]): Promise<number> {
  const input = await inputFor(options, name);
  const added = await withEngine(options, (engine) => engine.call('connections.add', input));
  if (options.json) {
    jsonLine({ type: 'connection', ...added });
    return Exit.ok;
  }
  printSteps(added.steps);
  out(`The connection "${printable(name)}" is saved.`);
  if (!added.secretKept && options.secretFile === undefined) {
    out(
      wrap(
        'There is no keychain here, so the secret is not kept: set ROLLBOOK_SECRET for each command, or add the connection with --secret-file.',
      ),
    );
  }
  return Exit.ok;
}

async function list(options: Shared): Promise<number> {
  const connections = await withEngine(options, (engine) => engine.call('connections.list', {}));
  if (options.json) jsonLine({ type: 'connections', connections });
  else if (connections.length === 0) out(wrap(NONE));
  else {
    const rows = connections.map(({ name, url, studentId, records, lastBatch }) => [
      printable(name),
      printable(url),
      printable(studentId),
      number(records),
      lastBatch === null ? 'never' : clock(lastBatch.startedAt),
    ]);
    out(table([['name', 'address', 'student id', 'records', 'last sync'], ...rows], [3]));
  }
  return Exit.ok;
}

/** What is said where there is nothing to list. */
export const NONE = 'There is no connection yet. Add one: rollbook connect add NAME --url … --key … --student-id …';

async function test(options: Shared, [name = '']: readonly string[]): Promise<number> {
  const steps = await withEngine(options, (engine) => engine.call('connections.test', { name }));
  if (options.json) jsonLine({ type: 'test', steps });
  else printSteps(steps);
  const failed = steps.find((step) => step.state === 'failed');
  return failed === undefined ? Exit.ok : exitOfCode(failed.code ?? 'api-unusable');
}

async function remove(options: Shared, [name = '']: readonly string[]): Promise<number> {
  const { records } = await withEngine(options, (engine) => engine.call('connections.remove', { name }));
  if (options.json) jsonLine({ type: 'removed', name, records });
  else {
    out(
      wrap(
        `The connection "${printable(name)}" is gone, and with it its secret and what the ledger knew of ${plural(records, 'record')}. The API keeps what it has.`,
      ),
    );
  }
  return Exit.ok;
}

function addCommand(): Command {
  const made = command('add', 'Tests a connection and saves it.')
    .argument('<name>', 'a name of your choice')
    .requiredOption('--url <url>', "the API's base address, as its host gives it")
    .requiredOption('--key <key>', 'the key')
    .requiredOption(
      '--student-id <which>',
      "what becomes a student's unique id: sourcedId, identifier, or userIds:TYPE; no default, since the wrong one makes every student a new one",
      toStudentId,
    )
    .option('--secret-file <file>', 'read the secret from this file, now and at each sync')
    .option(
      '--education-organizations <rule>',
      'districts and schools: match those at the API (the default), or create',
      oneOf('match', 'create'),
    )
    .option(
      '--vanished <rule>',
      'records that vanish from a full export: delete (the default), or keep',
      oneOf('delete', 'keep'),
    )
    .option('--set <name=value>', 'a setting of the mapping; give the option once for each', pairs)
    .option('--route <name=value>', "a value for what the API's addresses leave open (tenant, school year)", pairs)
    .option('--mapping <file>', 'a mapping file of your own in place of the one that ships')
    .option('--no-test', 'save without testing')
    .addOption(dataOption())
    .addHelpText(
      'after',
      `
The secret is asked for, without showing it; or taken from ROLLBOOK_SECRET, or
from --secret-file. It is kept in this account's keychain, and is never given
as an argument. For an account that works unattended, whose keychain is locked,
set ROLLBOOK_KEYCHAIN=off, and use --secret-file.

Example:
  rollbook connect add state --url https://api.example.org/v7.3 \\
    --key 4f2a9c --student-id userIds:stateId`,
    );
  return act<AddOptions>(made, add);
}

/** @returns `rollbook connect` with its commands */
export function connectCommand(): Command {
  return new Command('connect')
    .description('Adds, lists, tests and removes connections to Ed-Fi APIs.')
    .addCommand(addCommand())
    .addCommand(act(command('list', 'Lists the connections.').addOption(dataOption()), list))
    .addCommand(
      act(
        command('test', 'Tests a connection, step by step.')
          .argument('<name>', 'name of the connection')
          .addOption(dataOption()),
        test,
      ),
    )
    .addCommand(
      act(
        command('remove', 'Removes a connection, its secret, and its part of the ledger; the API keeps what it has.')
          .argument('<name>', 'name of the connection')
          .addOption(dataOption()),
        remove,
      ),
    );
}
