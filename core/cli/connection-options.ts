/** Options and output that the commands about connections share. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { type Command, InvalidArgumentError } from 'commander';
import type { CommandOutput } from '../contract/schemas.ts';
import { Failure } from '../errors/failure.ts';
import { pairs, type Shared, secret } from './options.ts';
import { printSteps } from './report.ts';
import { promptForSecret } from './secret.ts';
import { jsonLine, out, printable, wrap } from './terminal.ts';

/** Where an API is, and who trusts its certificate. */
export interface ReachOptions {
  readonly route?: Readonly<Record<string, string>>;
  readonly ca?: string;
}

export const reachOptions = (command: Command): Command =>
  command
    .option('--route <name=value>', "a value for what the API's addresses leave open (tenant, school year)", pairs)
    .option('--ca <file>', "trust this certificate authority too: your district's own, as a PEM file");

/** A file that goes into the engine as it is. @throws Failure `usage` */
export function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    throw new Failure('usage', `The file ${path.basename(file)} cannot be read. Check that it is there.`);
  }
}

export const reachOf = ({ route, ca }: ReachOptions): { routeValues?: Record<string, string>; ca?: string[] } => ({
  ...(route === undefined ? {} : { routeValues: { ...route } }),
  ...(ca === undefined ? {} : { ca: [readText(ca)] }),
});

export interface SecretOptions {
  readonly secretFile?: string;
}

/** Asks for the secret where neither the environment nor a file has it. */
export async function secretOf({ secretFile }: SecretOptions): Promise<{ secret?: string; secretFile?: string }> {
  if (secretFile !== undefined) return { secretFile };
  return secret === undefined ? { secret: await promptForSecret('Secret: ') } : {};
}

/** `ed-fi/sections`, `tpdm/*`; once more each time the option is given. */
export const resources = (text: string, before: readonly string[] = []): string[] => {
  if (/^[A-Za-z][\w-]*\/(\*|[A-Za-z]\w*)$/.test(text)) return [...before, text];
  throw new InvalidArgumentError('has to be a resource like ed-fi/sections, or an extension like tpdm/*.');
};

/** What every command that saves a connection ends with. @param done the sentence for a person */
export function printSaved(options: Shared, saved: CommandOutput<'connections.add'>, done: string): void {
  if (options.json) {
    jsonLine({ type: 'connection', ...saved });
    return;
  }
  printSteps(saved.steps);
  out(done);
  for (const { sentence } of saved.notices) out(wrap(printable(sentence)));
  const { lookAgain } = saved.connection;
  if (lookAgain.length === 0) return;
  out('To be looked at again:');
  for (const { entry, sentence } of lookAgain) out(wrap(`${printable(sentence)} (${printable(entry)})`, '  - '));
}
