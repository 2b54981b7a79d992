/** What the steward sees before anything is written: the files themselves. */
import type { BundleFile, BundleFileName } from './content.ts';

export interface PreviewFile {
  readonly name: BundleFileName;
  /** As it will stand in the zip, unpacked. */
  readonly bytes: number;
  readonly lines: number;
  readonly text: string;
}

/** Takes the files that `writeBundle` will write; gives them for the screen, nothing shortened. */
export const previewOf = (files: readonly BundleFile[]): PreviewFile[] =>
  files.map(({ name, text }) => ({
    name,
    bytes: Buffer.byteLength(text),
    lines: text === '' ? 0 : text.split('\n').length - (text.endsWith('\n') ? 1 : 0),
    text,
  }));
