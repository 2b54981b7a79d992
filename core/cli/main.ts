/** The command line: the same engine without a screen, for schedulers and for those who like it. */
import { readFileSync } from 'node:fs';
import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import pc from 'picocolors';
import type { WorkerData } from '../engine-host.ts';
import { Failure } from '../errors/failure.ts';
import { writeDistrict } from '../sandbox/district/generate.ts';
import { startSandbox } from '../sandbox/server.ts';
import { runDemo } from './commands/demo.ts';
import { syncWithProgress, withEngine } from './commands/sync.ts';
import { Exit, exitOfResult, report } from './exit.ts';
import { dataFolder } from './folder.ts';
import { accountLine, printProblems, printResult, printSteps } from './report.ts';
import { promptForSecret, secretFromEnvironment } from './secret.ts';
import { jsonLine, number, out, table } from './terminal.ts';

const secret = secretFromEnvironment();
const program = new Command('rollbook');

interface Shared {
  readonly data?: string;
  readonly json?: boolean;
}
const workerData = (options: Shared): WorkerData => ({ folder: dataFolder(options.data), secrets: 'keychain', secret });

const whole =
  (least: number, most: number) =>
  (text: string): number => {
    const value = Number(text);
    if (!Number.isInteger(value) || value < least || value > most) {
      throw new InvalidArgumentError(`It has to be a whole number from ${least} to ${most}.`);
    }
    return value;
  };
const pairs = (text: string, before: Record<string, string> = {}): Record<string, string> => {
  const at = text.indexOf('=');
  if (at < 1) throw new InvalidArgumentError('It has to be NAME=VALUE.');
  return { ...before, [text.slice(0, at)]: text.slice(at + 1) };
};
const data = (): Option => new Option('--data <dir>', 'data folder (or ROLLBOOK_DATA)');
const json = (): Option => new Option('--json', 'one JSON object a line');

let exitCode: number = Exit.ok;
/** Runs a command's work; whatever goes wrong is one sentence and an exit code. */
const act =
  <A extends unknown[]>(work: (...args: A) => Promise<number | undefined>) =>
  async (...args: A): Promise<void> => {
    const options = args.find(
      (arg): arg is A[number] & Shared => typeof arg === 'object' && arg !== null && !(arg instanceof Command),
    );
    try {
      exitCode = (await work(...args)) ?? Exit.ok;
    } catch (thrown) {
      exitCode = report(thrown, options?.json === true);
    }
  };

program
  .description("Keeps Ed-Fi APIs true to a district's student information system.")
  .version(version(), '-V, --version', 'the version')
  .showHelpAfterError('(rollbook --help lists the commands)')
  .addHelpText(
    'after',
    `
Exit codes: 0 all confirmed; 1 wrong usage, or files that cannot be used; 2 done, with rejected, held or failed records;
3 the plan waits for approval; 4 the API is not reachable or refuses the key; 5 the ledger is in use or damaged.`,
  );

program
  .command('demo')
  .description('two days of a fictional district against the practice API')
  .addOption(json())
  .option('--students <n>', 'another size than 300', whole(20, 250_000))
  .action(
    act(async (options: Shared & { students?: number }) => {
      await runDemo({ json: options.json === true, students: options.students });
      // What is left over on these days is part of the show, not a failure of the demo.
      return Exit.ok;
    }),
  );

program
  .command('sandbox')
  .description('runs the practice API until it is stopped')
  .option('--port <n>', 'port on 127.0.0.1; any free one unless told', whole(0, 65_535), 0)
  .option(
    '--openapi <file>',
    'impersonate the API of this OpenAPI document; may be given twice',
    (file: string, files: string[] = []) => [...files, file],
  )
  .option('--file <db>', 'keep the items in this SQLite file')
  .option('--data-standard <version>', '3.3b, 4.0 or 5.2')
  .option('--latency <ms>', 'wait this long before each answer', whole(0, 60_000), 0)
  .addOption(json())
  .action(
    act(
      async (
        options: Shared & { port: number; openapi?: string[]; file?: string; dataStandard?: string; latency: number },
      ) => {
        const { dataStandard } = options;
        if (dataStandard !== undefined && dataStandard !== '3.3b' && dataStandard !== '4.0' && dataStandard !== '5.2') {
          throw new Failure('usage', 'The practice API has the data standards 3.3b, 4.0 and 5.2.');
        }
        const sandbox = await startSandbox({
          port: options.port,
          latencyMs: options.latency,
          ...(options.openapi === undefined ? {} : { openapi: options.openapi.map(readOpenApi) }),
          ...(options.file === undefined ? {} : { file: options.file }),
          ...(dataStandard === undefined ? {} : { dataStandard }),
        });
        const { url, key } = sandbox;
        if (options.json) jsonLine({ type: 'listening', url, key, secret: sandbox.secret });
        else {
          out(`The practice API listens on ${pc.bold(url)}`);
          out(`  key     ${key}`);
          out(`  secret  ${sandbox.secret}`);
          out(pc.dim('Ctrl-C stops it.'));
        }
        await new Promise<void>((resolve) => {
          process.once('SIGINT', resolve);
          process.once('SIGTERM', resolve);
        });
        await sandbox.close();
        return Exit.ok;
      },
    ),
  );

program
  .command('district')
  .description("writes a fictional district's OneRoster export")
  .requiredOption('--out <dir>', 'folder to write to')
  .option('--students <n>', 'students', whole(1, 1_000_000), 300)
  .option('--seed <n>', 'another district of the same size', whole(0, 2_147_483_647), 1)
  .option('--day <n>', '1, or 2 for the next day', whole(1, 2), 1)
  .option('--clean', 'without the dirt real exports have')
  .option('--oneroster <version>', '1.1 or 1.2', '1.2')
  .addOption(json())
  .action(
    act(
      async (
        options: Shared & {
          out: string;
          students: number;
          seed: number;
          day: 1 | 2;
          clean?: boolean;
          oneroster: string;
        },
      ) => {
        if (options.oneroster !== '1.1' && options.oneroster !== '1.2')
          throw new Failure('usage', 'OneRoster is 1.1 or 1.2 here.');
        const written = await writeDistrict({
          out: options.out,
          students: options.students,
          seed: options.seed,
          day: options.day,
          clean: options.clean === true,
          version: options.oneroster,
        });
        if (options.json) jsonLine({ type: 'district', ...written });
        else
          out(
            table([['file', 'rows'], ...Object.entries(written.rows).map(([file, rows]) => [file, number(rows)])], [1]),
          );
        return Exit.ok;
      },
    ),
  );

const connect = program.command('connect').description('connections to Ed-Fi APIs');
connect
  .command('add <name>')
  .description('adds a connection, after testing it')
  .requiredOption('--url <url>', "the API's base address")
  .requiredOption('--key <key>', 'the key (the secret is asked for, or ROLLBOOK_SECRET, or --secret-file)')
  .requiredOption('--student-id <which>', 'what becomes studentUniqueId: sourcedId, identifier, or userIds:TYPE')
  .option('--secret-file <file>', 'read the secret from this file, now and at each run')
  .option('--set <name=value>', 'a setting of the mapping; may be repeated', pairs)
  .option('--route <name=value>', "a value for what the API's addresses leave open; may be repeated", pairs)
  .option('--education-organizations <rule>', 'match (they are in the API already; the default) or create')
  .option('--vanished <rule>', 'what becomes of records that vanish from a full export: delete (the default) or keep')
  .option('--mapping <file>', 'a mapping file of your own')
  .option('--no-test', 'save without testing')
  .addOption(data())
  .addOption(json())
  .action(
    act(
      async (
        name: string,
        options: Shared & {
          url: string;
          key: string;
          studentId: string;
          secretFile?: string;
          set?: Record<string, string>;
          route?: Record<string, string>;
          educationOrganizations?: string;
          vanished?: 'delete' | 'keep';
          mapping?: string;
          test: boolean;
        },
      ) => {
        const typed =
          secret === undefined && options.secretFile === undefined ? await promptForSecret('Secret: ') : undefined;
        const settings = {
          ...options.set,
          ...(options.educationOrganizations === undefined
            ? {}
            : { educationOrganizations: options.educationOrganizations }),
        };
        const added = await withEngine(workerData(options), (engine) =>
          engine.call('connections.add', {
            name,
            url: options.url,
            key: options.key,
            studentId: options.studentId,
            settings,
            ...(typed === undefined ? {} : { secret: typed }),
            ...(options.secretFile === undefined ? {} : { secretFile: options.secretFile }),
            ...(options.route === undefined ? {} : { routeValues: options.route }),
            ...(options.mapping === undefined ? {} : { mapping: options.mapping }),
            ...(options.vanished === undefined ? {} : { vanished: options.vanished }),
            test: options.test,
          }),
        );
        if (options.json) {
          jsonLine({ type: 'connection', ...added });
          return Exit.ok;
        }
        printSteps(added.steps);
        out(`The connection "${name}" is saved.`);
        if (!added.secretKept && options.secretFile === undefined) {
          out(
            'This machine has no keychain, so the secret is not kept: set ROLLBOOK_SECRET for each command, or use --secret-file.',
          );
        }
        return Exit.ok;
      },
    ),
  );
connect
  .command('list')
  .description('lists the connections')
  .addOption(data())
  .addOption(json())
  .action(
    act(async (options: Shared) => {
      const connections = await withEngine(workerData(options), (engine) => engine.call('connections.list', {}));
      if (options.json) jsonLine({ type: 'connections', connections });
      else if (connections.length === 0)
        out('There is no connection yet: rollbook connect add NAME --url … --key … --student-id …');
      else {
        out(
          table([['name', 'address', 'records'], ...connections.map((c) => [c.name, c.url, number(c.records)])], [2]),
        );
      }
      return Exit.ok;
    }),
  );
connect
  .command('test <name>')
  .description('tests a connection, step by step')
  .addOption(data())
  .addOption(json())
  .action(
    act(async (name: string, options: Shared) => {
      const steps = await withEngine(workerData(options), (engine) => engine.call('connections.test', { name }));
      if (options.json) jsonLine({ type: 'test', steps });
      else printSteps(steps);
      return steps.some((step) => step.state === 'failed') ? Exit.unreachable : Exit.ok;
    }),
  );
connect
  .command('remove <name>')
  .description('removes a connection with its secret and its part of the ledger; the API keeps what it has')
  .addOption(data())
  .addOption(json())
  .action(
    act(async (name: string, options: Shared) => {
      const { records } = await withEngine(workerData(options), (engine) =>
        engine.call('connections.remove', { name }),
      );
      if (options.json) jsonLine({ type: 'removed', name, records });
      else
        out(
          `The connection "${name}" is gone, and with it what the ledger knew of ${number(records)} records. The API keeps them.`,
        );
      return Exit.ok;
    }),
  );

program
  .command('sync')
  .description('reads an export and makes the API true to it')
  .requiredOption('--connection <name>', 'the connection')
  .requiredOption('--source <path>', 'folder or zip of the OneRoster export')
  .option('--plan-only', 'show what would be sent, and stop')
  .option('--approve', 'carry out a plan that the guard would hold')
  .option('--retry', 'try again what failed, even where nothing changed')
  .option(
    '--concurrency <n>',
    'requests at once: a number, or auto',
    (text: string) => (text === 'auto' ? 'auto' : whole(1, 64)(text)),
    'auto',
  )
  .addOption(data())
  .addOption(json())
  .action(
    act(
      async (
        options: Shared & {
          connection: string;
          source: string;
          planOnly?: boolean;
          approve?: boolean;
          retry?: boolean;
          concurrency: number | 'auto';
        },
      ) => {
        const result = await syncWithProgress(
          workerData(options),
          {
            connection: options.connection,
            source: options.source,
            planOnly: options.planOnly === true,
            approve: options.approve === true,
            retry: options.retry === true,
            concurrency: options.concurrency,
          },
          options.json === true,
        );
        if (options.json) jsonLine({ type: 'result', ...result });
        else printResult(result, options.connection);
        return exitOfResult(result);
      },
    ),
  );

program
  .command('problems')
  .description('what is not in the API yet, by cause')
  .requiredOption('--connection <name>', 'the connection')
  .addOption(data())
  .addOption(json())
  .action(
    act(async (options: Shared & { connection: string }) => {
      const problems = await withEngine(workerData(options), (engine) =>
        engine.call('problems.list', { connection: options.connection }),
      );
      if (options.json) for (const problem of problems) jsonLine({ type: 'problem', ...problem });
      else printProblems(problems, options.connection);
      return problems.length === 0 ? Exit.ok : Exit.incomplete;
    }),
  );

program
  .command('status')
  .description('each connection and its last batch')
  .addOption(data())
  .addOption(json())
  .action(
    act(async (options: Shared) => {
      const connections = await withEngine(workerData(options), (engine) => engine.call('connections.list', {}));
      if (options.json) {
        for (const connection of connections) jsonLine({ type: 'status', ...connection });
        return Exit.ok;
      }
      if (connections.length === 0) out('There is no connection yet.');
      for (const { name, records, lastBatch } of connections) {
        out(`${pc.bold(name)}: ${number(records)} records confirmed`);
        if (lastBatch === null) out('  nothing sent yet');
        else {
          out(
            `  last batch ${new Date(lastBatch.startedAt).toLocaleString()}: ${BATCH_WORDS[lastBatch.state] ?? lastBatch.state}`,
          );
          if (lastBatch.account !== null) out(`  ${accountLine(lastBatch.account)}`);
        }
      }
      return Exit.ok;
    }),
  );
const BATCH_WORDS: Record<string, string> = {
  planning: 'cut off while it was planned; run sync again',
  sending: 'cut off while it was sending; run sync again and it goes on',
  waiting: 'waits for approval (sync --approve)',
  stopped: 'stopped before its end; run sync again and it goes on',
  done: 'done',
};

const descriptors = program
  .command('descriptors')
  .description("pairs of the source's codes with the API's descriptors");
descriptors
  .command('list')
  .description('the pairs chosen for a connection, beside the default ones')
  .requiredOption('--connection <name>', 'the connection')
  .addOption(data())
  .addOption(json())
  .action(
    act(async (options: Shared & { connection: string }) => {
      const chosen = await withEngine(workerData(options), (engine) =>
        engine.call('descriptors.list', { connection: options.connection }),
      );
      if (options.json) jsonLine({ type: 'descriptors', chosen });
      else if (chosen.length === 0) out('No pair was chosen; the default ones apply.');
      else out(table([['descriptor', 'code', 'value'], ...chosen.map(({ type, code, uri }) => [type, code, uri])]));
      return Exit.ok;
    }),
  );
descriptors
  .command('map <type> <code> <value>')
  .description('pairs a code with a descriptor value: map GradeLevelDescriptor EE "uri://…#…"')
  .requiredOption('--connection <name>', 'the connection')
  .addOption(data())
  .addOption(json())
  .action(
    act(async (type: string, code: string, uri: string, options: Shared & { connection: string }) => {
      await withEngine(workerData(options), (engine) =>
        engine.call('descriptors.map', { connection: options.connection, type, code, uri }),
      );
      if (options.json) jsonLine({ type: 'mapped', descriptor: type });
      else out('Paired. The next sync sends what waited for it.');
      return Exit.ok;
    }),
  );

function readOpenApi(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    throw new Failure('usage', `The OpenAPI document ${file} is not there or is no JSON.`);
  }
}

function version(): string {
  const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}

// Started by the launcher on an older Node: when that is gone, however it went, this must not go on unseen.
process.on('disconnect', () => process.exit(1));
process.channel?.unref();
// The reader of a pipe may leave early (`rollbook … | head`).
process.stdout.on('error', () => process.exit(exitCode));

const quiet = (command: Command): void => {
  command.exitOverride();
  for (const child of command.commands) quiet(child);
};
quiet(program);
try {
  await program.parseAsync();
} catch (thrown) {
  if (thrown instanceof CommanderError) exitCode = thrown.exitCode === 0 ? Exit.ok : Exit.usage;
  else exitCode = report(thrown, false);
}
process.exitCode = exitCode;
