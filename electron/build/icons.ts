/** Renders assets/icons/*.svg into the formats of each system. Run by hand after a drawing has changed; needs Chromium. */
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { type Browser, chromium } from 'playwright-core';
import { icnsOf, icoOf, type Picture } from './icon-files.ts';

const folder = path.resolve(import.meta.dirname, '../../assets/icons');

async function render(browser: Browser, name: string, size: number): Promise<Picture> {
  const svg = readFileSync(path.join(folder, name), 'utf8').replace('<svg ', `<svg width="${size}" height="${size}" `);
  const page = await browser.newPage({ viewport: { width: size, height: size } });
  await page.setContent(`<body style="margin:0;display:flex">${svg}</body>`);
  const png = await page.screenshot({ omitBackground: true });
  await page.close();
  return { size, png };
}

const write = (name: string, data: Buffer): void => writeFileSync(path.join(folder, name), data);

const browser = await chromium.launch({
  executablePath: process.env.ROLLBOOK_CHROMIUM ?? '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking'],
});
try {
  const of = (size: number): Promise<Picture> => render(browser, 'icon.svg', size);
  const [p16, p24, p32, p48, p64, p128, p256, p512] = await Promise.all([16, 24, 32, 48, 64, 128, 256, 512].map(of));
  const all = [p16, p24, p32, p48, p64, p128, p256, p512].flatMap((picture) => picture ?? []);
  write('icon.ico', icoOf(all.filter(({ size }) => size <= 256)));
  write('icon.icns', icnsOf(all));
  for (const { size, png } of all) if (size === 512) write('icon.png', png);
  write('tray.png', (await of(16)).png);
  write('tray@2x.png', (await of(32)).png);
  write('trayTemplate.png', (await render(browser, 'tray-template.svg', 16)).png);
  write('trayTemplate@2x.png', (await render(browser, 'tray-template.svg', 32)).png);
} finally {
  await browser.close();
}
