/** What the desktop keeps between two starts: a small file beside the ledger. Nothing in it is anyone's data. */
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';
import { themeSchema } from '../../core/contract/host.ts';

const whole = z.number().int();
export const windowStateSchema = z.object({
  x: whole,
  y: whole,
  width: whole.positive(),
  height: whole.positive(),
  maximized: z.boolean(),
});
export type WindowState = z.infer<typeof windowStateSchema>;

const preferencesSchema = z.object({
  window: windowStateSchema.nullable().catch(null),
  theme: themeSchema.catch('system'),
  notifications: z.boolean().catch(true),
});
export type PreferenceValues = z.infer<typeof preferencesSchema>;

export interface Preferences {
  get(): PreferenceValues;
  set(change: Partial<PreferenceValues>): void;
}

/**
 * @param folder made if it is not there
 * @returns preferences; a file that is missing or damaged counts as none, and one that cannot be written is not worth an error
 */
export function openPreferences(folder: string): Preferences {
  const file = path.join(folder, 'preferences.json');
  let values = preferencesSchema.parse(read(file));
  return {
    get: () => values,
    set(change) {
      values = { ...values, ...change };
      try {
        mkdirSync(folder, { recursive: true });
        writeFileSync(`${file}.new`, JSON.stringify(values));
        renameSync(`${file}.new`, file);
      } catch {
        // They hold until Rollbook is left.
      }
    },
  };
}

function read(file: string): object {
  try {
    const value: unknown = JSON.parse(readFileSync(file, 'utf8'));
    return typeof value === 'object' && value !== null ? value : {};
  } catch {
    return {};
  }
}
