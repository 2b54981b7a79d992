/** `rollbook sandbox`: the practice API, until it is stopped. */
import { readFileSync } from 'node:fs';
import type { Command } from 'commander';
import pc from 'picocolors';
import { Failure } from '../../errors/failure.ts';
import type { SandboxOptions } from '../../sandbox/options.ts';
import { startSandbox } from '../../sandbox/server.ts';
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
  const running = await startSandbox({
    port: options.port,
    latencyMs: options.latency,
    ...(options.openapi === undefined ? {} : { openapi: options.openapi.map(readOpenApi) }),
    ...(options.file === undefined ? {} : { file: options.file }),
    ...(options.dataStandard === undefined ? {} : { dataStandard: options.dataStandard }),
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

/** @returns `rollbook sandbox` */
export function sandboxCommand(): Command {
  const made = command('sandbox', 'Runs the practice API on this machine until it is stopped.')
    .option('--port <n>', 'port on 127.0.0.1; 0 takes any that is free', whole(0, 65_535), 0)
    .option(
      '--openapi <file>',
      'be the API of this OpenAPI document (JSON); give the option twice for resources and descriptors',
      (file: string, files: readonly string[] = []) => [...files, file],
    )
    .option('--file <db>', 'keep the items in this SQLite file; else they are gone at the end')
    .option('--data-standard <version>', '3.3b, 4.0 or 5.2 (which it is without)', oneOf('3.3b', '4.0', '5.2'))
    .option('--latency <ms>', 'wait this long before each answer, in milliseconds', whole(0, 60_000), 0);
  return act<Options>(made, sandbox);
}
