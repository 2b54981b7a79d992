import { z } from 'zod';
import type { FileState } from './container.ts';
import { type Survey, surveySchema } from './survey.ts';

/** What was found out about files, kept so that those which are as they were need not be read for it again. */

const knownFiles = z.strictObject({
  /** Changes when a survey of the same bytes comes to another result than before. */
  version: z.literal(2),
  files: z.array(
    z.strictObject({
      name: z.string(),
      size: z.string(),
      mtimeNs: z.string(),
      ctimeNs: z.string(),
      ino: z.string(),
      dev: z.string(),
      survey: surveySchema,
    }),
  ),
});
type KnownFiles = z.infer<typeof knownFiles>;
type KnownFile = KnownFiles['files'][number];

/**
 * Some disks tell times to two seconds: what is written within them of an earlier writing has the same time. A file is
 * only known once it has rested longer, before it was looked at.
 */
const RESTED_MS = 2000;

export interface Known {
  /** The survey of a file that is as it was when it was surveyed; undefined for any other. */
  surveyOf(name: string, state: FileState): Survey | undefined;
}

/**
 * Reads what `knownText` gave.
 * @param text anything: what cannot be read tells nothing, and the files are read.
 */
export function readKnown(text: string | undefined): Known {
  const files = new Map(parsed(text).map((file) => [file.name, file]));
  return {
    surveyOf(name, state) {
      const file = files.get(name);
      return file !== undefined && isSame(file, state) ? file.survey : undefined;
    },
  };
}

function parsed(text: string | undefined): readonly KnownFile[] {
  try {
    return text === undefined ? [] : knownFiles.parse(JSON.parse(text)).files;
  } catch {
    return [];
  }
}

/** The time of the last change of a file's state (ctime) is set by the system: no program can put it back. */
function isSame(file: KnownFile, state: FileState): boolean {
  return (
    file.size === String(state.size) &&
    file.mtimeNs === String(state.mtimeNs) &&
    file.ctimeNs === String(state.ctimeNs) &&
    file.ino === String(state.ino) &&
    file.dev === String(state.dev)
  );
}

/**
 * What is to be kept of an export's files. Holds names of files and columns, and no value.
 * @param files each with the state it had before it was surveyed.
 */
export function knownText(
  files: Iterable<{ readonly name: string; readonly state: FileState; readonly survey: Survey }>,
): string {
  const known: KnownFiles = { version: 2, files: [] };
  for (const { name, state, survey } of files) {
    const { size, mtimeNs, ctimeNs, ino, dev } = state;
    const changedAt = Number((mtimeNs > ctimeNs ? mtimeNs : ctimeNs) / 1_000_000n);
    if (state.seenAt - changedAt < RESTED_MS) continue;
    known.files.push({
      name,
      size: String(size),
      mtimeNs: String(mtimeNs),
      ctimeNs: String(ctimeNs),
      ino: String(ino),
      dev: String(dev),
      survey,
    });
  }
  return JSON.stringify(known);
}
