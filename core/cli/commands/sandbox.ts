/** `rollbook sandbox`: the practice API, until it is stopped. */
import { readFileSync } from 'node:fs';
import type { Command } from 'commander';
import pc from 'picocolors';
import { Failure } from '../../errors/failure.ts';
import { GENERATIONS } from '../../sandbox/generations.ts';
import type { SandboxOptions } from '../../sandbox/options.ts';
import { Exit } from '../exit.ts';
import { onInterrupt } from '../interrupt.ts';
import { oneOf, type Shared, whole } from '../options.ts';
import { act, command } from '../run.ts';
import { jsonLine, out } from '../terminal.ts';

interface Options extends Shared {
  readonly port: number;
  readonly openapi?: readonly string[];
  readonly file?: string;
  readonly dataStandard?: NonNullable<SandboxOptions['dataStandard']>;
  readonly latency: number;
  readonly generation?: NonNullable<SandboxOptions['generation']>;
  readonly tenant?: readonly string[];
  readonly instance?: readonly string[];
  readonly year?: readonly number[];
  readonly faults?: string;
  readonly control?: boolean;
}

function readOpenApi(file: string): unknown {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch {
    throw new Failure('usage', `The OpenAPI document ${file} cannot be read; check that it is there.`);
  }
  try {
    return JSON.parse(text);
  } catch {
    throw new Failure('usage', `The OpenAPI document ${file} is not JSON; save it as JSON and try again.`);
  }
}

async function sandbox(options: Options): Promise<number> {
  // Loaded here, as it is for the demo: every other command starts the sooner.
  const { startSandbox } = await import('../../sandbox/server.ts');
  const { loadFaults } = await import('../../sandbox/faults/plan.ts');
  const { tenant, instance, year } = options;
  const running = await startSandbox({
    port: options.port,
    latencyMs: options.latency,
    ...(options.openapi === undefined ? {} : { openapi: options.openapi.map(readOpenApi) }),
    ...(options.file === undefined ? {} : { file: options.file }),
    ...(options.dataStandard === undefined ? {} : { dataStandard: options.dataStandard }),
    ...(options.generation === undefined ? {} : { generation: options.generation }),
    ...(tenant === undefined && instance === undefined && year === undefined
      ? {}
      : { routes: { tenant, instance, year } }),
    ...(options.faults === undefined ? {} : { faults: loadFaults(options.faults) }),
    control: options.control === true,
  });
  const stopped = new Promise<void>((resolve) => onInterrupt(resolve));
  const { url, key, secret } = running;
  if (options.json) jsonLine({ type: 'listening', url, key, secret });
  else {
    out(`The practice API listens on ${pc.bold(url)}`);
    out(`  key     ${key}`);
    out(`  secret  ${secret}`);
    out(pc.dim('Ctrl-C stops it.'));
  }
  await stopped;
  await running.close();
  return Exit.ok;
}

const collect = (value: string, before: readonly string[] = []): readonly string[] => [...before, value];

/** @returns `rollbook sandbox` */
export function sandboxCommand(): Command {
  const made = command('sandbox', 'Runs the practice API on this machine until it is stopped.')
    .option('--port <n>', 'port on 127.0.0.1; 0 takes any that is free', whole(0, 65_535), 0)
    .option(
      '--openapi <file>',
      'be the API of this OpenAPI document (JSON); give the option twice for resources and descriptors',
      collect,
    )
    .option('--file <db>', 'keep the items in this SQLite file; else they are gone at the end')
    .option('--data-standard <version>', '3.3b, 4.0 or 5.2 (which it is without)', oneOf('3.3b', '4.0', '5.2'))
    .option('--latency <ms>', 'wait this long before each answer, in milliseconds', whole(0, 60_000), 0)
    .option(
      '--generation <version>',
      'behave as ODS/API 5.3, 6.2, 7.1 or 7.3, or as another server',
      oneOf(...GENERATIONS),
    )
    .option('--tenant <name>', 'have routes by tenant; may be given more than once', collect)
    .option('--instance <name>', 'have routes by instance; may be given more than once', collect)
    .option(
      '--year <year>',
      'have routes by school year; may be given more than once',
      (text: string, years: readonly number[] = []) => [...years, whole(1900, 2100)(text)],
    )
    .option('--faults <file>', 'go wrong as this fault plan (JSON) says')
    .option('--control', 'offer /__control, by which a test changes the faults and counts the writes');
  return act<Options>(made, sandbox);
}
