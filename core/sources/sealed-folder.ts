/** The folder of the data folder in which sealed files of each connection's export are: `sources/7.rows` of connection 7. */
import { readdirSync, rmSync } from 'node:fs';
import path from 'node:path';

/** @param folder the data folder */
export const sealedFolder = (folder: string): string => path.join(folder, 'sources');

const namesIn = (folder: string): string[] => {
  try {
    return readdirSync(sealedFolder(folder));
  } catch {
    // Nothing was kept yet; or what is there cannot be read, which is told where it is needed.
    return [];
  }
};

/**
 * Deletes what a process that was killed left behind while it wrote a sealed file. To be called with the data folder's
 * ledger open: nobody else writes there then. What cannot be deleted, sealed as it is, stays until the next start.
 * @param folder the data folder
 */
export function removeUnfinished(folder: string): void {
  for (const name of namesIn(folder).filter((one) => one.endsWith('.tmp'))) {
    try {
      rmSync(path.join(sealedFolder(folder), name), { force: true });
    } catch {
      // It only takes room.
    }
  }
}

/**
 * Deletes all that is kept of a connection's export.
 * @param folder the data folder
 * @throws Error of the file system where one of them cannot be deleted
 */
export function removeSealedOf(folder: string, connectionId: number): void {
  for (const name of namesIn(folder).filter((one) => one.startsWith(`${connectionId}.`))) {
    rmSync(path.join(sealedFolder(folder), name), { force: true });
  }
}
