/**
 * The pictures of docs/guide.md, made small: the `guide-….png` that the specs left in the folder of ROLLBOOK_SHOTS go to
 * docs/screens with a palette, at about a third of their size.
 *
 *   ROLLBOOK_SHOTS=/some/folder npx vitest run test/e2e/days.e2e.test.ts
 *   ROLLBOOK_SHOTS=/some/folder node test/e2e/guide-pictures.ts
 */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { crc32, deflateSync } from 'node:zlib';
import type { Page } from 'playwright-core';
import { startBrowser } from './browser.ts';

const OUT = path.join(import.meta.dirname, '../../docs/screens');
const COLOURS = 128;

interface Picture {
  readonly width: number;
  readonly height: number;
  /** `0xRRGGBB` of each pixel, row by row. */
  readonly pixels: Uint32Array;
}

type Channels = readonly [number, number, number];

interface Colour {
  readonly channels: Channels;
  readonly count: number;
  /** The grounds have most of the pixels, and need but one colour each. */
  readonly weight: number;
}

/** The browser knows how to read a PNG. */
async function decode(page: Page, file: string): Promise<Picture> {
  const { width, height, data } = await page.evaluate(async (base64) => {
    const bytes = Uint8Array.from(atob(base64), (one) => one.charCodeAt(0));
    const image = await createImageBitmap(new Blob([bytes], { type: 'image/png' }));
    const canvas = new OffscreenCanvas(image.width, image.height);
    const context = canvas.getContext('2d');
    if (context === null) throw new Error('There is no canvas.');
    context.drawImage(image, 0, 0);
    const rgba = context.getImageData(0, 0, image.width, image.height).data;
    let text = '';
    for (let at = 0; at < rgba.length; at += 0x8000) text += String.fromCharCode(...rgba.subarray(at, at + 0x8000));
    return { width: image.width, height: image.height, data: btoa(text) };
  }, readFileSync(file).toString('base64'));
  const rgba = Buffer.from(data, 'base64');
  return { width, height, pixels: Uint32Array.from({ length: width * height }, (_, at) => rgba.readUIntBE(at * 4, 3)) };
}

/** The channel in which the colours differ most, and by how much. */
function widest(colours: readonly Colour[]): { readonly channel: 0 | 1 | 2; readonly width: number } {
  const widths = ([0, 1, 2] as const).map((channel) => {
    let [least, most] = [255, 0];
    for (const { channels } of colours) {
      least = Math.min(least, channels[channel]);
      most = Math.max(most, channels[channel]);
    }
    return { channel, width: most - least };
  });
  return widths.reduce((best, one) => (one.width > best.width ? one : best));
}

const weigh = (colours: readonly Colour[]): number => colours.reduce((sum, { weight }) => sum + weight, 0);

function halve(colours: readonly Colour[]): [Colour[], Colour[]] {
  const { channel } = widest(colours);
  const sorted = [...colours].sort((one, other) => one.channels[channel] - other.channels[channel]);
  const half = weigh(sorted) / 2;
  let sum = 0;
  const at = sorted.findIndex(({ weight }) => {
    sum += weight;
    return sum >= half;
  });
  const cut = Math.min(at + 1, sorted.length - 1);
  return [sorted.slice(0, cut), sorted.slice(cut)];
}

/** By median cut; each group is shown by the colour that it has most of. */
function paletteOf(pixels: Uint32Array): Channels[] {
  const counts = new Map<number, number>();
  for (const rgb of pixels) counts.set(rgb, (counts.get(rgb) ?? 0) + 1);
  const all = [...counts].map(
    ([rgb, count]): Colour => ({ channels: channelsOf(rgb), count, weight: Math.sqrt(count) }),
  );
  const groups = [all];
  while (groups.length < COLOURS) {
    const scores = groups.map((group) => (group.length < 2 ? 0 : widest(group).width * Math.sqrt(weigh(group))));
    const most = Math.max(...scores);
    if (most === 0) break;
    const at = scores.indexOf(most);
    groups.splice(at, 1, ...halve(groups[at] ?? []));
  }
  return groups.map((group) => group.reduce((best, one) => (one.count > best.count ? one : best)).channels);
}

const channelsOf = (rgb: number): Channels => [rgb >> 16, (rgb >> 8) & 255, rgb & 255];

/** How far apart two colours look. */
const distance = (one: Channels, other: Channels): number =>
  2 * (one[0] - other[0]) ** 2 + 4 * (one[1] - other[1]) ** 2 + 3 * (one[2] - other[2]) ** 2;

function nearest(palette: readonly Channels[], rgb: number): number {
  const wanted = channelsOf(rgb);
  const distances = palette.map((one) => distance(one, wanted));
  return distances.indexOf(Math.min(...distances));
}

function chunk(type: string, data: Buffer): Buffer {
  const named = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const [length, sum] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(data.length);
  sum.writeUInt32BE(crc32(named));
  return Buffer.concat([length, named, sum]);
}

function encode({ width, height, pixels }: Picture): Buffer {
  const palette = paletteOf(pixels);
  const known = new Map<number, number>();
  const rows = Buffer.alloc((width + 1) * height);
  for (const [at, rgb] of pixels.entries()) {
    const index = known.get(rgb) ?? nearest(palette, rgb);
    known.set(rgb, index);
    // Each row begins with how it is filtered: not at all.
    rows[Math.floor(at / width) * (width + 1) + 1 + (at % width)] = index;
  }
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  // Eight bits a pixel, each a place in the palette.
  header.set([8, 3, 0, 0, 0], 8);
  return Buffer.concat([
    Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]),
    chunk('IHDR', header),
    chunk('PLTE', Buffer.from(palette.flat())),
    chunk('IDAT', deflateSync(rows, { level: 9 })),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

const from = process.env.ROLLBOOK_SHOTS ?? '';
if (from === '') throw new Error('Name the folder with the pictures in ROLLBOOK_SHOTS.');
const browser = await startBrowser();
const page = await browser.newPage();
mkdirSync(OUT, { recursive: true });
for (const name of readdirSync(from).filter((one) => /^guide-.*\.png$/.test(one))) {
  writeFileSync(path.join(OUT, name.replace('guide-', '')), encode(await decode(page, path.join(from, name))));
}
await browser.close();
