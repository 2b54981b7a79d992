/** `rollbook connect`: looking at connections, and changing them. */
import type { Command } from 'commander';
import type { ConnectionDetailView, ResourceGroupView } from '../../contract/schemas.ts';
import {
  printSaved,
  type ReachOptions,
  reachOf,
  reachOptions,
  resources,
  type SecretOptions,
  secretOf,
} from '../connection-options.ts';
import { Exit } from '../exit.ts';
import { dataOption, oneOf, pairs, type Shared } from '../options.ts';
import { shortName } from '../plan.ts';
import { act, command } from '../run.ts';
import { clock, jsonLine, number, out, plural, printable, table, wrap } from '../terminal.ts';
import { withEngine, withTest } from '../with-engine.ts';

interface DiscoverOptions extends Shared, ReachOptions {
  readonly url: string;
}

async function discover(options: DiscoverOptions): Promise<number> {
  const input = { url: options.url, ...reachOf(options) };
  const api = await withTest(options, (engine) => engine.call('connections.discover', input));
  if (options.json) {
    jsonLine({ type: 'api', ...api });
    return Exit.ok;
  }
  out(wrap(`${api.inWords}${api.version === null ? '' : `, API ${api.version}`}, at ${api.host}.`));
  if (!api.encrypted) out('Not encrypted.');
  for (const { name, question, choices } of api.open) {
    const values = choices.length === 0 ? '' : ` One of: ${choices.join(', ')}.`;
    out(wrap(`${printable(question)}${values} (--route ${printable(name)}=…)`, '  - '));
  }
  return Exit.ok;
}

const SECRET_IN = {
  keychain: 'in the keychain',
  file: 'in a file of your own',
  nowhere: 'kept nowhere: set ROLLBOOK_SECRET',
} as const;

function printDetail(detail: ConnectionDetailView, now: number): void {
  const days = Math.max(0, Math.floor((now - detail.keySince) / 86_400_000));
  const chosen = (values: Readonly<Record<string, string>>): string =>
    Object.entries(values)
      .map(([name, value]) => `${name}=${value}`)
      .join(', ');
  const rows: [string, string][] = [
    ['address', detail.url],
    ['API', detail.inWords ?? 'not known yet'],
    ['key', `${detail.key}, for ${plural(days, 'day')}`],
    ['secret', SECRET_IN[detail.secret]],
    ['student id', detail.studentId],
    ['settings', chosen(detail.settings)],
    ['route', chosen(detail.routeValues)],
    ['mapping', detail.mapping ?? ''],
    ['vanished', detail.vanished],
    ['switched off', detail.off.join(', ')],
    ['certificates', detail.certificates === 0 ? '' : number(detail.certificates)],
    ['descriptors', plural(detail.descriptorMappings, 'pair')],
    ['records', number(detail.records)],
    ['specification', detail.specificationAt === null ? '' : `of ${clock(detail.specificationAt)}`],
    ['to support', detail.label],
    ['cloned from', detail.clonedFrom ?? ''],
  ];
  for (const [what, value] of rows) if (value !== '') out(`${what.padEnd(14)} ${printable(value)}`);
  if (detail.lookAgain.length === 0) return;
  out('To be looked at again:');
  for (const { entry, sentence } of detail.lookAgain) out(wrap(`${printable(sentence)} (${printable(entry)})`, '  - '));
}

async function show(options: Shared, [name = '']: readonly string[]): Promise<number> {
  const detail = await withEngine(options, (engine) => engine.call('connections.show', { name }));
  if (options.json) jsonLine({ type: 'connection', connection: detail });
  else printDetail(detail, Date.now());
  return Exit.ok;
}

async function permissions(options: Shared, [name = '']: readonly string[]): Promise<number> {
  const told = await withEngine(options, (engine) => engine.call('connections.keyInfo', { name }));
  if (options.json) jsonLine({ type: 'permissions', permissions: told });
  else if (told === null) out('The API has told nothing of the key yet. Test the connection first.');
  else {
    const { info, at } = told;
    const list = (values: readonly string[]): string => (values.length === 0 ? '-' : values.join(', '));
    const organizations = info.educationOrganizations.map(({ id, name: named }) =>
      named === null ? id : `${id} ${named}`,
    );
    out(`As the API told on ${clock(at)}:`);
    out(wrap(printable(list(organizations)), 'organizations  '));
    out(wrap(printable(list(info.namespacePrefixes)), 'namespaces     '));
    out(wrap(printable(list(info.profiles)), 'profiles       '));
    out(wrap(printable(info.claimSet ?? 'not told'), 'claim set      '));
    const rows = (info.resources ?? []).map(({ resource, operations }) =>
      [shortName(resource), operations.join(', ')].map(printable),
    );
    if (rows.length > 0) out(table([['resource', 'operations'], ...rows]));
  }
  return Exit.ok;
}

const stateOf = ({ mapped, on }: ResourceGroupView['resources'][number]): string =>
  on ? (mapped ? 'sent' : 'not mapped') : 'switched off';

interface ResourcesOptions extends Shared {
  readonly all?: boolean;
}

async function listResources(options: ResourcesOptions, [name = '']: readonly string[]): Promise<number> {
  const groups = await withEngine(options, (engine) => engine.call('connections.resources', { name }));
  if (options.json) {
    jsonLine({ type: 'resources', groups });
    return Exit.ok;
  }
  for (const group of groups) {
    out(`${group.inWords}: ${plural(group.resources.length, 'resource')}`);
    const shown = group.resources.filter((one) => options.all === true || one.mapped || !one.on);
    if (shown.length > 0) out(table([['resource', ''], ...shown.map((one) => [one.resource, stateOf(one)])]));
  }
  return Exit.ok;
}

interface ChangeOptions extends Shared, ReachOptions {
  readonly name?: string;
  readonly label?: string;
  readonly url?: string;
  readonly set?: Readonly<Record<string, string>>;
  readonly vanished?: 'delete' | 'keep';
  readonly mapping?: string;
  readonly off?: readonly string[];
  readonly on?: readonly string[];
  readonly test: boolean;
}

async function change(options: ChangeOptions, [name = '']: readonly string[]): Promise<number> {
  const { label, url, set, vanished, mapping, off = [], on = [] } = options;
  const saved = await withTest(options, async (engine) => {
    const now = await engine.call('connections.show', { name });
    const same = (one: string, other: string): boolean => one.toLowerCase() === other.toLowerCase();
    const kept = [...now.off, ...off].filter((one) => !on.some((other) => same(one, other)));
    return engine.call('connections.update', {
      name,
      ...reachOf(options),
      test: options.test,
      ...(options.name === undefined ? {} : { newName: options.name }),
      ...(label === undefined ? {} : { label }),
      ...(url === undefined ? {} : { url }),
      ...(set === undefined ? {} : { settings: { ...set } }),
      ...(vanished === undefined ? {} : { vanished }),
      ...(mapping === undefined ? {} : { mapping }),
      ...(off.length + on.length === 0 ? {} : { resources: { off: [...new Set(kept)] } }),
    });
  });
  printSaved(options, saved, `The connection "${printable(saved.connection.name)}" is changed.`);
  return Exit.ok;
}

interface CloneOptions extends Shared, ReachOptions, SecretOptions {
  readonly url?: string;
  readonly key: string;
  readonly test: boolean;
}

async function clone(options: CloneOptions, [from = '', name = '']: readonly string[]): Promise<number> {
  const { url, key, test } = options;
  const given = { ...reachOf(options), ...(await secretOf(options)), ...(url === undefined ? {} : { url }) };
  const saved = await withTest(options, (engine) =>
    engine.call('connections.clone', { from, name, key, test, ...given }),
  );
  printSaved(
    options,
    saved,
    `The connection "${printable(name)}" is saved: a starting point, like "${printable(from)}".`,
  );
  return Exit.ok;
}

async function looked(options: Shared, [name = '', entry = '']: readonly string[]): Promise<number> {
  const { left } = await withEngine(options, (engine) => engine.call('connections.looked', { name, entry }));
  if (options.json) jsonLine({ type: 'looked', left });
  else out(left === 0 ? 'Nothing is left to be looked at.' : `${plural(left, 'entry', 'entries')} left.`);
  return Exit.ok;
}

interface RotateOptions extends Shared, SecretOptions {
  readonly key: string;
  readonly test: boolean;
}

async function rotate(options: RotateOptions, [name = '']: readonly string[]): Promise<number> {
  const { key, test } = options;
  const given = await secretOf(options);
  const saved = await withTest(options, (engine) => engine.call('connections.rotate', { name, key, test, ...given }));
  const forgotten = saved.secretKept ? '; the old secret is forgotten' : '';
  printSaved(options, saved, `The connection "${printable(name)}" has its new key${forgotten}.`);
  return Exit.ok;
}

const named = (name: string, description: string): Command =>
  command(name, description).argument('<name>', 'name of the connection').addOption(dataOption());

/** @returns the commands, to be put under `rollbook connect` */
export function changeCommands(): Command[] {
  const discovering = reachOptions(
    command('discover', 'Says what there is at an address, and what it leaves open; needs no key.').requiredOption(
      '--url <url>',
      "the API's base address, as its host gives it",
    ),
  ).addOption(dataOption());
  const changing = reachOptions(named('change', 'Changes what is given, and leaves the rest.'))
    .option('--name <name>', 'another name')
    .option('--label <word>', "how support hears of it: one of a few words (state, test-2), or '' for its number")
    .option('--url <url>', 'another address; tested before it is saved')
    .option('--set <name=value>', 'a setting of the mapping; give the option once for each', pairs)
    .option('--vanished <rule>', 'records that vanish from a full export: delete, or keep', oneOf('delete', 'keep'))
    .option('--mapping <file>', 'a mapping file of your own')
    .option('--off <resource>', 'switch a resource off: neither sent nor deleted (ed-fi/sections, tpdm/*)', resources)
    .option('--on <resource>', 'switch a resource on again', resources)
    .option('--no-test', 'save a new address without testing');
  const cloning = reachOptions(
    command('clone', 'Adds a connection like another, but for name, key and secret.')
      .argument('<from>', 'name of the connection that is there')
      .argument('<name>', 'a name for the new one'),
  )
    .requiredOption('--key <key>', 'the new key')
    .option('--url <url>', 'another address')
    .option('--secret-file <file>', 'read the secret from this file, now and at each sync')
    .option('--no-test', 'save without testing')
    .addOption(dataOption());
  const rotating = named('rotate', 'Tests a new key and takes it in place of the old one.')
    .requiredOption('--key <key>', 'the new key')
    .option('--secret-file <file>', 'read the secret from this file, now and at each sync')
    .option('--no-test', 'save without testing');
  return [
    act<DiscoverOptions>(discovering, discover),
    act(named('show', 'Shows a connection with all that was chosen for it.'), show),
    act(named('permissions', 'Shows what the API told of the key when it was last tested.'), permissions),
    act<ResourcesOptions>(
      named('resources', "Lists the API's resources that are sent or switched off.").option('--all', 'the others too'),
      listResources,
    ),
    act<ChangeOptions>(changing, change),
    act<CloneOptions>(cloning, clone),
    act(
      named('looked', "Takes an entry off a clone's list of what has to be looked at again.").argument(
        '<entry>',
        'the entry, as show and clone print it in parentheses',
      ),
      looked,
    ),
    act<RotateOptions>(rotating, rotate),
  ];
}
