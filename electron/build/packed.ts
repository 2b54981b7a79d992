/** What is in a packed application, and what should not be. */
import { existsSync, globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { extractFile, listPackage, statFile } from '@electron/asar';
import type { Platform } from './stand-in.ts';

export interface Target {
  readonly platform: Platform;
  readonly arch: 'x64' | 'arm64';
}

export interface Packed {
  /** Files of the archive, from its top: `dist/main.js`. */
  readonly files: readonly string[];
  /** Of these, what lies outside the archive. */
  readonly unpacked: readonly string[];
  read(file: string): Buffer;
}

/** @param archive path of an `app.asar` */
export function readPacked(archive: string): Packed {
  const files: string[] = [];
  const unpacked: string[] = [];
  for (const entry of listPackage(archive, { isPack: false })) {
    const file = entry.replaceAll('\\', '/').replace(/^\//, '');
    const stat = statFile(archive, path.normalize(file));
    if ('files' in stat) continue;
    files.push(file);
    if (!('link' in stat) && stat.unpacked === true) unpacked.push(file);
  }
  return { files, unpacked, read: (file) => extractFile(archive, path.normalize(file)) };
}

/** The target's binaries: none other may be there, and none of them may be missing. */
const binaries: Readonly<Record<Platform, (arch: Target['arch']) => readonly RegExp[]>> = {
  linux: (arch) => [
    new RegExp(`^node_modules/better-sqlite3/prebuilds/linux-${arch}\\.node$`),
    new RegExp(`^node_modules/@napi-rs/keyring-linux-${arch}-gnu/[^/]+\\.node$`),
  ],
  win32: (arch) => [
    new RegExp(`^node_modules/better-sqlite3/prebuilds/win32-${arch}\\.node$`),
    new RegExp(`^node_modules/@napi-rs/keyring-win32-${arch}-msvc/[^/]+\\.node$`),
  ],
  darwin: (arch) => [
    new RegExp(`^node_modules/better-sqlite3/prebuilds/darwin-${arch}\\.node$`),
    new RegExp(`^node_modules/@napi-rs/keyring-darwin-${arch}/[^/]+\\.node$`),
  ],
};

/** All that may be in the archive, beside the binaries. */
const allowed: readonly RegExp[] = [
  /^package\.json$/,
  /^dist\/(package\.json|licenses\.md)$/,
  /^dist\/[\w-]+\.js$/,
  /^dist\/preload\.cjs$/,
  /^dist\/renderer\/.+\.(html|js|css|svg|png|woff2|json)$/,
  /^dist\/renderer\/licenses\.md$/,
  /^dist\/assets\/(models|mappings)\/[\w.-]+\.json$/,
  /^dist\/assets\/district\/day[12]\/\w+\.csv$/,
  /^dist\/icons\/[\w@.-]+\.png$/,
  /^node_modules\/better-sqlite3\/(package\.json|LICENSE|lib\/.+\.js)$/,
  /^node_modules\/keytar\/(package\.json|LICENSE|index\.js|keytar\.js)$/,
  /^node_modules\/@napi-rs\/keyring-[\w-]+\/package\.json$/,
];

/** What has to be there for the application to start. */
const needed: readonly string[] = [
  'package.json',
  'dist/package.json',
  'dist/licenses.md',
  'dist/main.js',
  'dist/preload.cjs',
  'dist/renderer/index.html',
  'dist/engine-worker.js',
  'dist/worker-entry.js',
  'dist/assets/models/ds-5.2.json',
  'dist/assets/mappings/oneroster-codes.json',
  'dist/assets/district/day1/users.csv',
  'dist/icons/icon.png',
  'node_modules/better-sqlite3/lib/index.js',
  'node_modules/keytar/index.js',
];

/** Source maps with sources; type annotations that Electron would have to strip; a place of the machine it was built on. */
function unfit(file: string, text: string, root: string): string | undefined {
  if (/sourceMappingURL=/.test(text.slice(-2000))) return `${file} names a source map`;
  if (text.includes('"sourcesContent"')) return `${file} has sources in it`;
  if (text.includes(root)) return `${file} names a folder of the machine it was built on`;
  if (/new (?:URL|Worker)\([^)]*\.ts['"`]/.test(text)) return `${file} starts a TypeScript file`;
  return undefined;
}

/**
 * @param root the repository it was built from
 * @returns a sentence for each thing that is wrong; none for a package as it should be
 */
export function problemsOf(packed: Packed, { platform, arch }: Target, root: string): string[] {
  const problems: string[] = [];
  const own = binaries[platform](arch);
  for (const file of packed.files) {
    const isBinary = file.endsWith('.node');
    const fits = isBinary ? own.some((pattern) => pattern.test(file)) : allowed.some((pattern) => pattern.test(file));
    if (!fits) problems.push(`${file} does not belong into a package for ${platform}-${arch}`);
    if (isBinary !== packed.unpacked.includes(file)) {
      problems.push(isBinary ? `${file} is inside the archive` : `${file} is outside the archive`);
    }
    if (/^dist\/.+\.(?:js|cjs|css|html)$/.test(file)) {
      const wrong = unfit(file, packed.read(file).toString('utf8'), root);
      if (wrong !== undefined) problems.push(wrong);
    }
  }
  for (const file of needed) if (!packed.files.includes(file)) problems.push(`${file} is missing`);
  for (const pattern of own) {
    if (!packed.files.some((file) => pattern.test(file))) problems.push(`no file fits ${pattern.source}`);
  }
  const { main, devDependencies, scripts } = JSON.parse(packed.read('package.json').toString('utf8')) as {
    readonly main?: string;
    readonly devDependencies?: unknown;
    readonly scripts?: unknown;
  };
  if (main !== 'dist/main.js') problems.push('package.json does not start dist/main.js');
  if (devDependencies !== undefined || scripts !== undefined) problems.push('package.json has parts for development');
  return problems;
}

/** electron-builder's names for the folders it packs into. */
const folderNames: Readonly<Record<Platform, (arch: string) => string>> = {
  linux: (arch) => `linux${arch}-unpacked`,
  win32: (arch) => `win${arch}-unpacked`,
  darwin: (arch) => `mac${arch}`,
};

/** @returns the target's archive below a folder that electron-builder packed into; undefined where there is none */
export function archiveIn(folder: string, { platform, arch }: Target): string | undefined {
  const packed = path.join(folder, folderNames[platform](arch === 'x64' ? '' : `-${arch}`));
  return existsSync(packed)
    ? globSync('**/app.asar', { cwd: packed }).map((file) => path.join(packed, file))[0]
    : undefined;
}

/** @returns the version of Electron that is installed for development, which is the one packed */
export const electronVersion = (root: string): string =>
  (JSON.parse(readFileSync(path.join(root, 'node_modules/electron/package.json'), 'utf8')) as { version: string })
    .version;
