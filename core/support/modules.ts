/** The closed list of our own program's files: a stack frame outside of it is not told. */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ModuleName } from './fields.ts';

export interface Modules {
  /** @returns whether the program has that file (`core/sync/plan.ts`) */
  has(text: string): boolean;
  /**
   * @param file a path or file URL, as a stack has it
   * @returns its name where it is one of ours and has that place; undefined for everything else
   */
  nameOf(file: string, line: number, column: number): ModuleName | undefined;
}

const HERE = path.dirname(fileURLToPath(import.meta.url));
const FOLDERS = ['core', 'electron'] as const;

const isSource = (name: string): boolean => /\.(ts|mjs|js|cjs)$/.test(name) && !name.endsWith('.d.ts');

function filesBelow(root: string, folder: string): string[] {
  try {
    return readdirSync(path.join(root, folder), { withFileTypes: true, recursive: true })
      .filter((entry) => entry.isFile() && isSource(entry.name))
      .map((entry) => path.relative(root, path.join(entry.parentPath, entry.name)).split(path.sep).join('/'));
  } catch {
    return [];
  }
}

/** The program as it is written, in its folders; or as it is built, all of its files beside this one. */
function ownFiles(): { readonly root: string; readonly files: readonly string[] } {
  const root = path.join(HERE, '..', '..');
  const files = path.basename(HERE) === 'support' ? FOLDERS.flatMap((folder) => filesBelow(root, folder)) : [];
  return files.length > 0 ? { root, files } : { root: HERE, files: filesBelow(HERE, '.').filter(isBuilt) };
}

const isBuilt = (name: string): boolean => /^[a-z][a-z0-9-]{0,40}\.c?js$/.test(name);

/**
 * @param given where the program was built into other files: their root and their names in it
 */
export function createModules(given?: { readonly root: string; readonly files: readonly string[] }): Modules {
  const { root, files: names } = given ?? ownFiles();
  const files = new Set(names);
  /** Lengths of the lines of each file that a stack has named. */
  const known = new Map<string, readonly number[]>();
  const lengthsOf = (file: string): readonly number[] => {
    let lengths = known.get(file);
    if (lengths === undefined) {
      lengths = lineLengths(path.join(root, file));
      known.set(file, lengths);
    }
    return lengths;
  };
  return {
    has: (text) => files.has(text),
    nameOf(file, line, column) {
      const name = nameBelow(root, file);
      if (name === undefined || !files.has(name)) return undefined;
      // A stack is text that anybody can set: a place that the file does not have is no place.
      const length = lengthsOf(name)[line - 1];
      return length !== undefined && column <= length + 1 ? (name as ModuleName) : undefined;
    },
  };
}

function nameBelow(root: string, file: string): string | undefined {
  try {
    const full = file.startsWith('file:') ? fileURLToPath(file) : file;
    return path.relative(root, full).split(path.sep).join('/');
  } catch {
    return undefined;
  }
}

function lineLengths(file: string): readonly number[] {
  try {
    return readFileSync(file, 'utf8')
      .split('\n')
      .map((line) => line.length);
  } catch {
    return [];
  }
}

let own: Modules | undefined;
/** The files of this program as it runs here; listed once. */
export const ownModules = (): Modules => {
  own ??= createModules();
  return own;
};
