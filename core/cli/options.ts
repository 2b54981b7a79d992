/** Options that several commands have, and the forms in which values are taken. */
import { InvalidArgumentError, Option } from 'commander';
import type { WorkerData } from '../engine-host.ts';
import { dataFolder } from './folder.ts';
import { secretFromEnvironment } from './secret.ts';
import { number } from './terminal.ts';

/** Also understood before the command: `rollbook --data DIR status`. */
export interface Shared {
  readonly data?: string;
  readonly json?: boolean;
}

export const dataOption = (): Option =>
  new Option('--data <dir>', "data folder with the ledger (or ROLLBOOK_DATA; else this account's own)");
export const jsonOption = (): Option => new Option('--json', 'one JSON object a line, for programs');
export const connectionOption = (): Option =>
  new Option('--connection <name>', 'name of the connection').makeOptionMandatory();
export const groupOption = (description: string): Option =>
  new Option('--group <cause>', description).argParser(toCause);

/** ROLLBOOK_SECRET, taken out of the environment when this module is loaded, before anything else is started. */
export const secret = secretFromEnvironment();

export const workerData = (options: Shared): WorkerData => ({
  folder: dataFolder(options.data),
  // For service accounts whose keychain is locked when nobody is signed in.
  secrets: process.env.ROLLBOOK_KEYCHAIN === 'off' ? 'none' : 'keychain',
  secret,
});

/** @returns a parser of whole numbers in these bounds */
export const whole =
  (least: number, most: number) =>
  (text: string): number => {
    const value = Number(text);
    if (!/^\d+$/.test(text) || value < least || value > most) {
      throw new InvalidArgumentError(`has to be a whole number from ${number(least)} to ${number(most)}.`);
    }
    return value;
  };

/** @returns a parser that takes one of these words */
export const oneOf =
  (...words: readonly string[]) =>
  (text: string): string => {
    if (words.includes(text)) return text;
    throw new InvalidArgumentError(`has to be ${words.slice(0, -1).join(', ')} or ${words.at(-1)}.`);
  };

/** Takes NAME=VALUE, once more each time the option is given. */
export const pairs = (text: string, before: Record<string, string> = {}): Record<string, string> => {
  const at = text.indexOf('=');
  if (at < 1) throw new InvalidArgumentError('has to be NAME=VALUE.');
  return { ...before, [text.slice(0, at)]: text.slice(at + 1) };
};

/** @returns a parser of random references with this letter in front, in either case */
const referenceParser =
  (letter: 'G' | 'R', what: string) =>
  (text: string): string => {
    const reference = text.trim().toUpperCase();
    if (new RegExp(`^${letter}-[0-9A-Z]{4}-[0-9A-Z]{2}$`).test(reference)) return reference;
    throw new InvalidArgumentError(what);
  };

/** Takes the reference of a cause. */
export const toCause = referenceParser(
  'G',
  'has to be a cause as rollbook problems prints it: G-7K4M-2Q, for example.',
);

/** Takes the reference of a record. */
export const toReference = referenceParser('R', 'has to be the reference of a record: R-7K4M-2Q, for example.');

/** Takes the number of a record among the problems. */
export const toRecord = (text: string): number => {
  const value = Number(text);
  if (/^\d+$/.test(text) && Number.isSafeInteger(value)) return value;
  throw new InvalidArgumentError("has to be a record's number, as rollbook problems --group prints it.");
};
