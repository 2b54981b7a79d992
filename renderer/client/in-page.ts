/** The dialogs of a host that has none: choosing on the page, files by the browser. */
import type { Answer, Bridge } from '../../core/contract/bridge.ts';
import { choosePath } from '../state/path-chooser.ts';

type PageCommand =
  | 'dialogs.chooseFolder'
  | 'dialogs.chooseFile'
  | 'dialogs.saveFile'
  | 'files.openText'
  | 'files.saveText';

const ENDINGS = {
  'source-zip': ['.zip'],
  mapping: ['.json'],
  certificate: ['.pem', '.crt', '.cer'],
  connection: ['.json'],
  secret: ['.txt'],
} as const;

const ok = <T>(value: T): Answer<T> => ({ ok: value });

export const pageCommands: Pick<Bridge['commands'], PageCommand> = {
  'dialogs.chooseFolder': async () => ok({ path: await choosePath({ kind: 'folder' }) }),
  'dialogs.chooseFile': async ({ purpose }) =>
    ok({ path: await choosePath({ kind: 'file', endings: ENDINGS[purpose] }) }),
  'dialogs.saveFile': async ({ suggestedName }) => ok({ path: await choosePath({ kind: 'save', suggestedName }) }),
  'files.openText': async ({ purpose }) => {
    const file = await browse(ENDINGS[purpose]);
    return ok(file === undefined ? null : { name: file.name, text: await file.text() });
  },
  'files.saveText': async ({ suggestedName, text }) => {
    const address = URL.createObjectURL(new Blob([text], { type: 'application/octet-stream' }));
    const link = document.createElement('a');
    link.href = address;
    link.download = suggestedName;
    link.click();
    URL.revokeObjectURL(address);
    // Where the browser puts it is the browser's own affair.
    return ok({ path: suggestedName });
  },
};

/** @returns undefined where nothing was chosen */
function browse(endings: readonly string[]): Promise<File | undefined> {
  return new Promise((resolve) => {
    const input = document.createElement('input');
    input.type = 'file';
    input.accept = endings.join(',');
    input.addEventListener('change', () => resolve(input.files?.[0]));
    input.addEventListener('cancel', () => resolve(undefined));
    input.click();
  });
}
