import { createHash } from 'node:crypto';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import yauzl from 'yauzl';
import { BUNDLE_FILES, bundleContent } from '../../core/support/bundle/content.ts';
import { previewOf } from '../../core/support/bundle/preview.ts';
import { writeBundle, writeFailure } from '../../core/support/bundle/write.ts';
import { facts } from './facts.ts';

const files = bundleContent(facts());

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'rollbook-bundle-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** Takes a zip; gives its entries in their order. */
async function unzip(file: string): Promise<{ name: string; bytes: Buffer; mode: number }[]> {
  const zip = await promisify<string, yauzl.Options, yauzl.ZipFile>(yauzl.open)(file, {
    lazyEntries: true,
    autoClose: true,
    validateEntrySizes: true,
  });
  const entries: { name: string; bytes: Buffer; mode: number }[] = [];
  return new Promise((resolve, reject) => {
    zip.on('error', reject);
    zip.on('end', () => resolve(entries));
    zip.on('entry', (entry: yauzl.Entry) => {
      zip.openReadStream(entry, async (error, stream) => {
        if (error !== null) return reject(error);
        const chunks: Buffer[] = [];
        for await (const chunk of stream) chunks.push(chunk as Buffer);
        entries.push({
          name: entry.fileName,
          bytes: Buffer.concat(chunks),
          mode: (entry.externalFileAttributes >>> 16) & 0o777,
        });
        zip.readEntry();
      });
    });
    zip.readEntry();
  });
}

describe('writing a bundle', () => {
  it('writes what the preview shows, byte for byte', async () => {
    const out = path.join(folder, 'support.zip');
    const written = await writeBundle(files, out);
    const preview = previewOf(files);
    const entries = await unzip(out);
    expect(entries.map(({ name }) => name)).toEqual([...BUNDLE_FILES]);
    expect(preview.map(({ name }) => name)).toEqual([...BUNDLE_FILES]);
    for (const [index, { bytes, mode }] of entries.entries()) {
      expect(bytes.equals(Buffer.from(preview[index]?.text ?? ''))).toBe(true);
      expect(bytes.length).toBe(preview[index]?.bytes);
      expect(mode).toBe(0o600);
    }
    expect(preview.find(({ name }) => name === 'events.jsonl')?.lines).toBe(4);
    expect(previewOf([{ name: 'events.jsonl', text: '' }])[0]?.lines).toBe(0);
    const zip = await readFile(out);
    expect(written).toEqual({ bytes: zip.length, sha256: createHash('sha256').update(zip).digest('hex') });
  });

  it('gives the same bytes for the same files, whatever the time and the time zone', async () => {
    const zone = process.env.TZ;
    try {
      const sums: string[] = [];
      for (const [index, name] of ['UTC', 'America/Chicago', 'Asia/Tokyo'].entries()) {
        process.env.TZ = name;
        sums.push((await writeBundle(bundleContent(facts()), path.join(folder, `${index}.zip`))).sha256);
      }
      expect(new Set(sums).size).toBe(1);
    } finally {
      if (zone === undefined) delete process.env.TZ;
      else process.env.TZ = zone;
    }
  });

  it('replaces a bundle that is there, leaves nothing beside it, and is for its owner only', async () => {
    const out = path.join(folder, 'support.zip');
    await writeFile(out, 'an older one');
    await writeBundle(files, out);
    expect(await readdir(folder)).toEqual(['support.zip']);
    expect((await unzip(out)).length).toBe(BUNDLE_FILES.length);
    if (process.platform !== 'win32') expect((await stat(out)).mode & 0o777).toBe(0o600);
  });

  it('says so in a sentence where the folder is not there, or the name is taken by a folder', async () => {
    await expect(writeBundle(files, path.join(folder, 'gone', 'support.zip'))).rejects.toMatchObject({
      name: 'Failure',
      code: 'usage',
      message: expect.stringContaining('is not there'),
    });
    await mkdir(path.join(folder, 'support.zip'));
    await expect(writeBundle(files, path.join(folder, 'support.zip'))).rejects.toMatchObject({
      code: 'usage',
      message: expect.stringContaining('there is a folder of that name'),
    });
    await writeFile(path.join(folder, 'file'), '');
    await expect(writeBundle(files, path.join(folder, 'file', 'support.zip'))).rejects.toMatchObject({ code: 'usage' });
    expect((await readdir(folder)).toSorted()).toEqual(['file', 'support.zip']);
  });

  it.skipIf(process.platform === 'win32' || process.getuid?.() === 0)(
    'says so where this account may not write (not as root, who may)',
    async () => {
      await chmod(folder, 0o500);
      try {
        await expect(writeBundle(files, path.join(folder, 'support.zip'))).rejects.toMatchObject({
          code: 'usage',
          message: expect.stringContaining('may not write'),
        });
      } finally {
        await chmod(folder, 0o700);
      }
    },
  );

  it.skipIf(process.platform !== 'linux')('says so where nothing can be written', async () => {
    await expect(writeBundle(files, '/proc/support.zip')).rejects.toMatchObject({ name: 'Failure' });
  });

  it.each([
    ['ENOSPC', 'disk-full', /the disk is full/],
    ['EDQUOT', 'disk-full', /the disk is full/],
    ['EACCES', 'usage', /may not write/],
    ['EROFS', 'usage', /may not write/],
    ['EBUSY', 'usage', /open in another program/],
    ['ENAMETOOLONG', 'usage', /its name is too long/],
    ['EIO', 'internal', /the disk did not take it/],
  ])('tells of %s without the words and the path of the system', (systemCode, code, sentence) => {
    const failure = writeFailure(Object.assign(new Error(`${systemCode}: /home/rosalinda`), { code: systemCode }));
    expect(failure.code).toBe(code);
    expect(failure.message).toMatch(sentence);
    expect(failure.message).not.toMatch(/rosalinda/);
    expect(failure.details).toEqual({});
  });
});
