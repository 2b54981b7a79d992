/**
 * Packs the application for any target, on any machine, without a download: against a stand-in for Electron, and in a copy of
 * the project in which the binaries of the other systems, which npm does not install here, are stand-ins too.
 */
import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { Arch, Platform as BuilderPlatform, build, type Configuration } from 'electron-builder';
import { archiveIn, electronVersion, type Target } from './packed.ts';
import { writeStandIn } from './stand-in.ts';

const json = (file: string): Record<string, unknown> =>
  JSON.parse(readFileSync(file, 'utf8')) as Record<string, unknown>;

/**
 * Copies what electron-builder reads.
 * @param root the repository, with `dist` built
 * @param stage an empty folder
 * @param dist the built application
 */
export function stageProject(root: string, stage: string, dist: string): void {
  const copy = (name: string): void => cpSync(path.join(root, name), path.join(stage, name), { recursive: true });
  for (const name of ['electron-builder.yml', 'assets/icons', 'electron/build/entitlements.mac.plist']) copy(name);
  cpSync(dist, path.join(stage, 'dist'), { recursive: true });
  const { dependencies, ...rest } = json(path.join(root, 'package.json'));
  const all = dependencies as Readonly<Record<string, string>>;
  // The others are in the bundle, and would have to be installed here only to be left out.
  const native = { 'better-sqlite3': all['better-sqlite3'], keytar: all.keytar };
  writeFileSync(path.join(stage, 'package.json'), JSON.stringify({ ...rest, dependencies: native }));
  for (const name of Object.keys(native)) copy(path.join('node_modules', name));
  const keychain = json(path.join(root, 'node_modules/keytar/package.json'));
  for (const [name, version] of Object.entries(keychain.optionalDependencies as Record<string, string>)) {
    const folder = path.join(stage, 'node_modules', name);
    const file = `${name.replace('@napi-rs/', '').replace('-', '.')}.node`;
    mkdirSync(folder, { recursive: true });
    writeFileSync(path.join(folder, 'package.json'), JSON.stringify({ name, version, main: file }));
    writeFileSync(path.join(folder, file), 'stand-in');
  }
}

const platforms = {
  linux: BuilderPlatform.LINUX,
  win32: BuilderPlatform.WINDOWS,
  darwin: BuilderPlatform.MAC,
} as const;

export interface PackInput {
  readonly root: string;
  /** Where electron-builder.yml and what it names are: the repository or a staged copy. */
  readonly project: string;
  /** An empty folder to pack into. */
  readonly out: string;
  readonly target: Target;
}

/**
 * Packs a directory build against a stand-in.
 * @returns the archive's path
 */
export async function packAgainstStandIn({ root, project, out, target }: PackInput): Promise<string> {
  const { platform, arch } = target;
  const electron = path.join(out, 'electron');
  const version = electronVersion(root);
  writeStandIn(electron, platform, version);
  const output = path.join(out, 'packed');
  // What writes into a real program file cannot do so into a stand-in; nor can it be signed.
  const config: Configuration = {
    electronVersion: version,
    electronDist: electron,
    directories: { output },
    publish: null,
    forceCodeSigning: false,
    ...(platform === 'linux' ? {} : { disableAsarIntegrity: true }),
    win: { signAndEditExecutable: false },
    mac: { identity: null, notarize: false },
  };
  await build({
    projectDir: project,
    targets: platforms[platform].createTarget('dir', Arch[arch]),
    publish: 'never',
    config,
  });
  const archive = archiveIn(output, target);
  if (archive === undefined) throw new Error('electron-builder made no archive.');
  return archive;
}
