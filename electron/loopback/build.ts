/** The screens, built once for what their sources are now. */
import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
} from 'node:fs';
import path from 'node:path';

const root = path.resolve(import.meta.dirname, '../..');
const SOURCES = ['renderer', 'core/contract', 'electron/loopback/build.ts', 'package-lock.json'];
/** A build of other sources goes when nobody has asked for it this long: until then a host, or a test, may read it. */
const KEPT_MS = 6 * 3_600_000;

function fingerprint(): string {
  const hash = createHash('sha256');
  for (const source of SOURCES) {
    const at = path.join(root, source);
    const files = statSync(at).isDirectory()
      ? readdirSync(at, { recursive: true, withFileTypes: true })
          .filter((entry) => entry.isFile())
          .map((entry) => path.join(entry.parentPath, entry.name))
          .sort()
      : [at];
    for (const file of files)
      hash.update(path.relative(root, file)).update('\0').update(readFileSync(file)).update('\0');
  }
  return hash.digest('hex').slice(0, 20);
}

/**
 * Builds the renderer where it has not been built from these very sources yet.
 * @returns the folder with index.html
 */
export async function builtRenderer(): Promise<string> {
  const cache = path.join(root, 'node_modules', '.cache', 'rollbook-renderer');
  const folder = path.join(cache, fingerprint());
  if (existsSync(path.join(folder, 'index.html'))) {
    utimesSync(folder, new Date(), new Date());
    return folder;
  }
  mkdirSync(cache, { recursive: true });
  // Two may build at a time: each into a folder of its own, and the first to be done gives it its name.
  const building = mkdtempSync(path.join(cache, 'building-'));
  const { build } = await import('vite');
  // A test runner names its own environment, which React and react-aria would be built for: slower, and measuring nothing.
  const { NODE_ENV } = process.env;
  process.env.NODE_ENV = 'production';
  try {
    await build({
      configFile: path.join(root, 'renderer', 'vite.config.ts'),
      logLevel: 'error',
      build: { outDir: building },
    });
  } finally {
    if (NODE_ENV === undefined) delete process.env.NODE_ENV;
    else process.env.NODE_ENV = NODE_ENV;
  }
  try {
    renameSync(building, folder);
  } catch (thrown) {
    rmSync(building, { recursive: true, force: true });
    if (!existsSync(path.join(folder, 'index.html'))) throw thrown;
  }
  forgetOld(cache);
  return folder;
}

function forgetOld(cache: string): void {
  for (const name of readdirSync(cache)) {
    const at = statSync(path.join(cache, name), { throwIfNoEntry: false })?.mtimeMs ?? Date.now();
    if (Date.now() - at > KEPT_MS) rmSync(path.join(cache, name), { recursive: true, force: true });
  }
}
