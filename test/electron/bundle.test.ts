/** What is shipped, run in plain Node: the bundle, and the bundle as it is in the archive. */
import { execFile } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { extractAll } from '@electron/asar';
import { FuseV1Options, getCurrentFuseWire } from '@electron/fuses';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { hostCommands } from '../../core/contract/host.ts';
import { commands } from '../../core/contract/schemas.ts';
import { bundle } from '../../electron/build/bundle.ts';
import { icnsOf, icoOf } from '../../electron/build/icon-files.ts';
import { archiveIn, problemsOf, readPacked, type Target } from '../../electron/build/packed.ts';
import { packAgainstStandIn, stageProject } from '../../electron/build/stage.ts';

const run = promisify(execFile);
const root = path.resolve(import.meta.dirname, '../..');
const work = mkdtempSync(path.join(tmpdir(), 'rollbook-bundle-'));
const dist = path.join(work, 'dist');

beforeAll(async () => {
  await bundle(root, dist, { screens: false });
  // The screens have their own tests; here is only whether they come along.
  mkdirSync(path.join(dist, 'renderer'));
  writeFileSync(path.join(dist, 'renderer/index.html'), '<!doctype html>');
}, 120_000);
afterAll(() => rmSync(work, { recursive: true, force: true }));

describe('the bundle', () => {
  test('is plain JavaScript without source maps, in one folder', () => {
    const scripts = readdirSync(dist).filter((name) => /\.c?js$/.test(name));
    expect(scripts).toEqual(expect.arrayContaining(['main.js', 'preload.cjs', 'engine-worker.js', 'worker-entry.js']));
    expect(readdirSync(dist).filter((name) => name.endsWith('.map') || name.endsWith('.ts'))).toEqual([]);
  });

  test('has a preload that asks for Electron alone, and carries no schemas', () => {
    const text = readFileSync(path.join(dist, 'preload.cjs'), 'utf8');
    expect([...text.matchAll(/require\("([^"]+)"\)/g)].map(([, name]) => name)).toEqual(['electron']);
    expect(text.length).toBeLessThan(16_000);
    for (const name of [...Object.keys(commands), ...Object.keys(hostCommands)]) expect(text).toContain(`"${name}"`);
  });
});

/** Starts main in plain Node without type stripping; nothing around it but what is in the folder and `modules`. */
async function start(
  app: string,
  name: string,
): Promise<{ readonly done: unknown; readonly created: number; readonly commands: string[] }> {
  const { stdout } = await run(process.execPath, [path.join(import.meta.dirname, 'run-bundled.mjs'), app], {
    env: { PATH: process.env.PATH, HOME: work, ROLLBOOK_DATA: path.join(work, name), ROLLBOOK_KEYCHAIN: 'off' },
  });
  return JSON.parse(stdout) as never;
}

describe('the package', () => {
  const linux: Target = { platform: 'linux', arch: 'x64' };
  const all: readonly Target[] = [
    linux,
    { platform: 'win32', arch: 'x64' },
    { platform: 'win32', arch: 'arm64' },
    { platform: 'darwin', arch: 'x64' },
    { platform: 'darwin', arch: 'arm64' },
  ];
  // On Windows electron-builder packs nothing for macOS.
  const targets = all.filter(({ platform }) => process.platform !== 'win32' || platform !== 'darwin');
  const nameOf = ({ platform, arch }: Target): string => `${platform}-${arch}`;
  const project = path.join(work, 'project');
  const pack = async (name: string, target: Target): Promise<string> =>
    packAgainstStandIn({ root, project, out: path.join(work, name), target });

  beforeAll(() => stageProject(root, project, dist));

  test.each(targets)(
    'for $platform-$arch holds what it needs, its own binaries outside the archive, and nothing else',
    async (target) => {
      const packed = readPacked(await pack(nameOf(target), target));
      expect(problemsOf(packed, target, root)).toEqual([]);
      expect(packed.unpacked.every((file) => file.endsWith('.node'))).toBe(true);
      expect(packed.unpacked).toHaveLength(2);
    },
  );

  test('has its fuses set in the binary', async () => {
    const wire = await getCurrentFuseWire(path.join(work, 'linux-x64/packed/linux-unpacked/rollbook'));
    const off = [
      FuseV1Options.RunAsNode,
      FuseV1Options.EnableNodeOptionsEnvironmentVariable,
      FuseV1Options.EnableNodeCliInspectArguments,
      FuseV1Options.GrantFileProtocolExtraPrivileges,
    ];
    const on = [
      FuseV1Options.EnableCookieEncryption,
      FuseV1Options.EnableEmbeddedAsarIntegrityValidation,
      FuseV1Options.OnlyLoadAppFromAsar,
    ];
    const set = (fuse: FuseV1Options): string => String.fromCharCode(Number(wire[fuse]));
    expect(off.map(set)).toEqual(off.map(() => '0'));
    expect(on.map(set)).toEqual(on.map(() => '1'));
  });

  test('starts from its own files alone: main, bridge, engine, practice API and a whole district', {
    timeout: 180_000,
  }, async () => {
    const own = { platform: process.platform, arch: process.arch } as Target;
    const archive = archiveIn(path.join(work, nameOf(own), 'packed'), own);
    if (archive === undefined) throw new Error('There is no package for this machine.');
    const unpacked = path.join(work, 'unpacked');
    extractAll(archive, unpacked);
    // The keychain's binary of this machine, in the place of its stand-in.
    for (const name of readdirSync(path.join(unpacked, 'node_modules/@napi-rs'))) {
      const keyring = path.join('node_modules/@napi-rs', name);
      cpSync(path.join(root, keyring), path.join(unpacked, keyring), { recursive: true });
    }
    const told = await start(path.join(unpacked, 'dist'), 'data');
    expect(told).toMatchObject({
      done: 'done',
      url: 'app://rollbook/',
      preload: path.join(unpacked, 'dist/preload.cjs'),
    });
    expect(told.created).toBeGreaterThan(6000);
    expect(told.commands.sort()).toEqual([...Object.keys(commands), ...Object.keys(hostCommands)].sort());
  });

  test('is found out where it is not as it should be', async () => {
    writeFileSync(path.join(project, 'dist/main.js'), '//# sourceMappingURL=main.js.map\n', { flag: 'a' });
    writeFileSync(path.join(project, 'dist/stray.test.js'), 'x');
    writeFileSync(path.join(project, 'dist/engine-worker.js'), `const from = ${JSON.stringify(root)};`);
    rmSync(path.join(project, 'dist/preload.cjs'));
    rmSync(path.join(project, 'node_modules/@napi-rs/keyring-linux-x64-gnu'), { recursive: true });
    const problems = problemsOf(readPacked(await pack('wrong', linux)), linux, root);
    expect(problems.sort()).toEqual([
      'dist/engine-worker.js names a folder of the machine it was built on',
      'dist/main.js names a source map',
      'dist/preload.cjs is missing',
      'dist/stray.test.js does not belong into a package for linux-x64',
      'no file fits ^node_modules\\/@napi-rs\\/keyring-linux-x64-gnu\\/[^/]+\\.node$',
    ]);
    const other = problemsOf(
      readPacked(path.join(work, 'win32-x64/packed/win-unpacked/resources/app.asar')),
      linux,
      root,
    );
    expect(other).toContain(
      'node_modules/better-sqlite3/prebuilds/win32-x64.node does not belong into a package for linux-x64',
    );
  });
});

describe('icons', () => {
  const png = readFileSync(path.join(root, 'assets/icons/tray.png'));
  test('are in the containers of Windows and macOS as they are', () => {
    const ico = icoOf([
      { size: 16, png },
      { size: 256, png },
    ]);
    expect([ico.readUInt16LE(2), ico.readUInt16LE(4), ico.readUInt8(6), ico.readUInt8(22)]).toEqual([1, 2, 16, 0]);
    const at = ico.readUInt32LE(34);
    expect(ico.subarray(at, at + ico.readUInt32LE(30))).toEqual(png);
    const icns = icnsOf([{ size: 128, png }]);
    expect([icns.toString('ascii', 0, 4), icns.readUInt32BE(4), icns.toString('ascii', 8, 12)]).toEqual([
      'icns',
      icns.length,
      'ic07',
    ]);
    expect(icns.subarray(16)).toEqual(png);
  });
});
