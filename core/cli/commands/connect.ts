/** `rollbook connect`: connections to Ed-Fi APIs. */
import { Command, InvalidArgumentError } from 'commander';
import type { CommandInput } from '../../contract/schemas.ts';
import {
  printSaved,
  type ReachOptions,
  reachOf,
  reachOptions,
  resources,
  type SecretOptions,
  secretOf,
} from '../connection-options.ts';
import { Exit, exitOfCode } from '../exit.ts';
import { dataOption, oneOf, pairs, type Shared } from '../options.ts';
import { printStep } from '../report.ts';
import { act, command } from '../run.ts';
import { clock, jsonLine, number, out, plural, printable, table, wrap } from '../terminal.ts';
import { withEngine, withTest } from '../with-engine.ts';
import { changeCommands } from './connect-change.ts';
import { fileCommands } from './connect-file.ts';

const toStudentId = (text: string): string => {
  if (/^(sourcedId|identifier|userIds:.+)$/.test(text)) return text;
  throw new InvalidArgumentError('has to be sourcedId, identifier, or userIds:TYPE (userIds:stateId, for example).');
};

interface AddOptions extends Shared, ReachOptions, SecretOptions {
  readonly url: string;
  readonly key: string;
  readonly studentId: string;
  readonly set?: Readonly<Record<string, string>>;
  readonly educationOrganizations?: string;
  readonly vanished?: 'delete' | 'keep';
  readonly mapping?: string;
  readonly off?: readonly string[];
  readonly test: boolean;
}

async function inputFor(options: AddOptions, name: string): Promise<CommandInput<'connections.add'>> {
  const { educationOrganizations, mapping, vanished, off } = options;
  return {
    name,
    url: options.url,
    key: options.key,
    studentId: options.studentId,
    settings: { ...options.set, ...(educationOrganizations === undefined ? {} : { educationOrganizations }) },
    test: options.test,
    ...reachOf(options),
    ...(await secretOf(options)),
    ...(off === undefined ? {} : { resources: { off: [...off] } }),
    ...(mapping === undefined ? {} : { mapping }),
    ...(vanished === undefined ? {} : { vanished }),
  };
}

async function add(options: AddOptions, [name = '']: readonly string[]): Promise<number> {
  const input = await inputFor(options, name);
  const added = await withTest(options, (engine) => engine.call('connections.add', input));
  printSaved(options, added, `The connection "${printable(name)}" is saved.`);
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
  const steps = await withTest(
    options,
    (engine) => engine.call('connections.test', { name }),
    (event) => {
      if (event.type === 'test-step' && options.json !== true) printStep(event.step);
    },
  );
  if (options.json) jsonLine({ type: 'test', steps });
  const failed = steps.find((step) => step.state === 'failed');
  return failed === undefined ? Exit.ok : exitOfCode(failed.code ?? 'api-unusable');
}

interface RemoveOptions extends Shared {
  readonly dryRun?: boolean;
}

async function remove(options: RemoveOptions, [name = '']: readonly string[]): Promise<number> {
  const command = options.dryRun === true ? 'connections.removal' : 'connections.remove';
  const going = await withEngine(options, (engine) => engine.call(command, { name }));
  const { records, openProblems, batches, descriptorMappings } = going;
  if (options.json) jsonLine({ type: options.dryRun === true ? 'removal' : 'removed', name, ...going });
  else if (options.dryRun === true) {
    const parts = [
      `what the ledger knows of ${plural(records, 'record')}`,
      plural(openProblems, 'open problem'),
      plural(batches, 'batch', 'batches'),
      plural(descriptorMappings, 'descriptor pair'),
      ...(going.copyBytes > 0 ? ['the sealed copy of its source'] : []),
      ...(going.secret === 'keychain' ? ['its secret'] : []),
    ];
    const rest = going.secret === 'file' ? ' The file with the secret is yours, and stays.' : '';
    const copies = 'Copies of the ledger go too, and a new one is made without it.';
    out(
      wrap(
        `With the connection "${printable(name)}" would go: ${parts.join(', ')}. ${copies} The API keeps what it has.${rest}`,
      ),
    );
  } else {
    out(
      wrap(
        `The connection "${printable(name)}" is gone, and with it its secret and what the ledger knew of ${plural(records, 'record')}. The API keeps what it has.`,
      ),
    );
  }
  return Exit.ok;
}

function addCommand(): Command {
  const made = reachOptions(command('add', 'Tests a connection and saves it.'))
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
    .option('--off <resource>', 'a resource, or an extension, that is not sent (ed-fi/sections, tpdm/*)', resources)
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
  const connect = new Command('connect')
    .description('Adds, lists, tests, changes and removes connections to Ed-Fi APIs.')
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
      act<RemoveOptions>(
        command('remove', 'Removes a connection, its secret, and its part of the ledger; the API keeps what it has.')
          .argument('<name>', 'name of the connection')
          .option('--dry-run', 'only say what would go')
          .addOption(dataOption()),
        remove,
      ),
    );
  for (const made of [...changeCommands(), ...fileCommands()]) connect.addCommand(made);
  return connect;
}
