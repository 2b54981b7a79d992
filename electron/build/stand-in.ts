/**
 * A stand-in for Electron's distribution, to pack against where the real one cannot be fetched: the files that electron-builder
 * looks for, empty but for what it writes into (the fuses, the property lists).
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';

export type Platform = 'linux' | 'win32' | 'darwin';

/** What @electron/fuses looks for in Electron's binary; after it version, count and the fuses. */
const SENTINEL = 'dL7pKGdnNz796PbbjQWNKmHXBZaB9tsX';
const FUSES_OF_ELECTRON = 8;
const ENABLED = 0x31;

/** @returns a binary with nothing in it but a fuse wire, every fuse on */
const binary = (): Buffer =>
  Buffer.concat([
    Buffer.from('stand-in\n'),
    Buffer.from(SENTINEL),
    Buffer.from([1, FUSES_OF_ELECTRON]),
    Buffer.alloc(FUSES_OF_ELECTRON, ENABLED),
    Buffer.from('\n'),
  ]);

const plist = (entries: Readonly<Record<string, string>>): string =>
  [
    '<?xml version="1.0" encoding="UTF-8"?>',
    '<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">',
    '<plist version="1.0"><dict>',
    ...Object.entries(entries).map(([key, value]) => `<key>${key}</key><string>${value}</string>`),
    '</dict></plist>',
  ].join('\n');

/**
 * @param folder made, and filled
 * @param version Electron's own
 */
export function writeStandIn(folder: string, platform: Platform, version: string): void {
  const write = (name: string, data: string | Buffer): void => {
    const file = path.join(folder, name);
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, data, { mode: 0o755 });
  };
  write('version', version);
  switch (platform) {
    case 'linux':
    case 'win32':
      write(platform === 'linux' ? 'electron' : 'electron.exe', binary());
      mkdirSync(path.join(folder, 'resources'), { recursive: true });
      for (const name of ['en-US', 'es', 'es-419', 'de']) write(`locales/${name}.pak`, '');
      return;
    case 'darwin': {
      const contents = 'Electron.app/Contents';
      write(`${contents}/Info.plist`, plist({ CFBundleExecutable: 'Electron', CFBundleName: 'Electron' }));
      write(`${contents}/MacOS/Electron`, 'stand-in\n');
      for (const name of ['en', 'es', 'de']) write(`${contents}/Resources/${name}.lproj/locale.pak`, '');
      const framework = `${contents}/Frameworks/Electron Framework.framework`;
      write(`${framework}/Electron Framework`, binary());
      write(`${framework}/Resources/en.lproj/locale.pak`, '');
      write(`${framework}/Versions/A/Resources/en.lproj/locale.pak`, '');
      for (const name of ['', ' (GPU)', ' (Plugin)', ' (Renderer)']) {
        const helper = `${contents}/Frameworks/Electron Helper${name}.app/Contents`;
        write(`${helper}/Info.plist`, plist({ CFBundleExecutable: `Electron Helper${name}` }));
        write(`${helper}/MacOS/Electron Helper${name}`, 'stand-in\n');
      }
    }
  }
}
