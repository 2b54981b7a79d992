/** The system's own dialogs for files and folders. Their words are here, so that a page cannot put any into them. */
import { readFile, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { app, type BrowserWindow, dialog, type FileFilter, type OpenDialogOptions, shell } from 'electron';
import {
  externalLink,
  type FolderPurpose,
  type HostHandlers,
  type OpenPurpose,
  type SavePurpose,
} from '../../core/contract/host.ts';
import { Failure } from '../../core/errors/failure.ts';

const open: Readonly<Record<OpenPurpose, { readonly title: string; readonly filters: FileFilter[] }>> = {
  'source-zip': { title: 'Choose the export', filters: [{ name: 'Zip archive', extensions: ['zip'] }] },
  mapping: { title: 'Choose a mapping file', filters: [{ name: 'Mapping', extensions: ['json'] }] },
  certificate: {
    title: "Choose the district's certificate",
    filters: [{ name: 'Certificate', extensions: ['pem', 'crt', 'cer'] }],
  },
  connection: { title: 'Choose a connection file', filters: [{ name: 'Connection', extensions: ['json'] }] },
  secret: { title: 'Choose the file with the secret', filters: [{ name: 'All files', extensions: ['*'] }] },
};
const folder: Readonly<Record<FolderPurpose, string>> = {
  source: "Choose the export's folder",
  'data-folder': 'Choose the data folder',
  'fix-list': 'Choose a folder for the fix lists',
};
const save: Readonly<Record<SavePurpose, string>> = {
  support: 'Save the log for support',
  connection: 'Save the connection',
  'fix-list': 'Save the fix list',
  problems: 'Save the problems',
};

/** Larger text files than this are not what they are taken for. */
const TEXT_BYTES = 4 * 1024 * 1024;

type DialogCommand = Extract<keyof HostHandlers, `dialogs.${string}` | `files.${string}` | `links.${string}`>;

/** A path on another machine: to look at it would greet that machine with this account's name. */
const isRemote = (file: string): boolean => /^[/\\]{2}/.test(file);

/** @param window the one that the dialogs belong to */
export function dialogHandlers(window: () => BrowserWindow | undefined): Pick<HostHandlers, DialogCommand> {
  /** What the steward chose here may be shown again, wherever it is. */
  const chosen = new Set<string>();
  const keep = (file: string): string => {
    chosen.add(file);
    return file;
  };

  const ask = async (options: OpenDialogOptions): Promise<string | null> => {
    const at = window();
    const answer = await (at === undefined ? dialog.showOpenDialog(options) : dialog.showOpenDialog(at, options));
    const file = answer.filePaths[0];
    return answer.canceled || file === undefined ? null : keep(file);
  };

  const askSave = async (purpose: SavePurpose, suggestedName: string): Promise<string | null> => {
    const at = window();
    const ending = path.extname(suggestedName).slice(1);
    const options = {
      title: save[purpose],
      defaultPath: path.join(app.getPath('documents'), suggestedName),
      ...(ending === '' ? {} : { filters: [{ name: ending.toUpperCase(), extensions: [ending] }] }),
    };
    const answer = await (at === undefined ? dialog.showSaveDialog(options) : dialog.showSaveDialog(at, options));
    return answer.canceled || answer.filePath === '' ? null : keep(answer.filePath);
  };

  return {
    'dialogs.chooseFolder': async ({ purpose }) => ({
      path: await ask({ title: folder[purpose], properties: ['openDirectory', 'createDirectory'] }),
    }),
    'dialogs.chooseFile': async ({ purpose }) => ({ path: await ask({ ...open[purpose], properties: ['openFile'] }) }),
    'dialogs.saveFile': async ({ purpose, suggestedName }) => ({ path: await askSave(purpose, suggestedName) }),
    'files.openText': async ({ purpose }) => {
      const file = await ask({ ...open[purpose], properties: ['openFile'] });
      if (file === null) return null;
      const name = path.basename(file);
      try {
        const { size } = await stat(file);
        if (size > TEXT_BYTES)
          throw new Failure('usage', 'The file is too large to be what was asked for; choose another.');
        return { name, text: await readFile(file, 'utf8') };
      } catch (thrown) {
        if (thrown instanceof Failure) throw thrown;
        throw new Failure('usage', 'The file cannot be read; check that it is there and may be opened.');
      }
    },
    'files.saveText': async ({ purpose, suggestedName, text }) => {
      const file = await askSave(purpose, suggestedName);
      if (file === null) return { path: null };
      try {
        await writeFile(file, text);
      } catch {
        throw new Failure(
          'usage',
          'The file cannot be written there; choose another folder, or make room on the disk.',
        );
      }
      return { path: file };
    },
    'files.reveal': async ({ path: file }) => {
      if (!chosen.has(file)) {
        const isThere =
          path.isAbsolute(file) && !isRemote(file) && (await stat(file).catch(() => undefined)) !== undefined;
        if (!isThere) throw new Failure('usage', 'The file or folder is not there any more.');
      }
      shell.showItemInFolder(file);
      return {};
    },
    'links.open': async ({ url }) => {
      const address = externalLink(url);
      if (address === undefined) throw new Failure('usage', 'Rollbook does not open this address.');
      await shell.openExternal(address.href);
      return {};
    },
  };
}
