/** The built renderer, held in memory: nothing is looked up on the disk by what a request says. */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { Failure } from '../../core/errors/failure.ts';

export interface Asset {
  readonly body: Buffer;
  readonly type: string;
}

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.woff2': 'font/woff2',
};

/**
 * @param folder where vite wrote the renderer
 * @returns each file by its path from that folder, with slashes: `index.html`, `assets/index-….js`
 * @throws Failure `usage` where there is no renderer
 */
export function loadAssets(folder: string): ReadonlyMap<string, Asset> {
  const assets = new Map<string, Asset>();
  try {
    for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
      const type = TYPES[path.extname(entry.name)];
      if (!entry.isFile() || type === undefined) continue;
      const file = path.join(entry.parentPath, entry.name);
      assets.set(path.relative(folder, file).split(path.sep).join('/'), { body: readFileSync(file), type });
    }
  } catch {
    assets.clear();
  }
  if (!assets.has('index.html')) {
    throw new Failure('usage', 'The screens have not been built: run npm run build.');
  }
  return assets;
}
