/** The terms of what Rollbook is made of, to be read in its settings. */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import type { HostCommandOutput } from '../core/contract/host.ts';

/**
 * @param files where they may lie
 * @returns those that are there
 */
export async function readLicenses(files: readonly string[]): Promise<HostCommandOutput<'host.licenses'>> {
  const read = files.map(async (file) => {
    try {
      return [{ name: path.basename(file), text: await readFile(file, 'utf8') }];
    } catch {
      return [];
    }
  });
  return (await Promise.all(read)).flat();
}
