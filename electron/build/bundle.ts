/** Makes `dist`: the application as it is packaged, in plain JavaScript. */
import { cpSync, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { build, type InlineConfig } from 'vite';
import { contractNames } from './names.ts';
import { moduleUrls } from './urls.ts';

/** Not bundled: Electron itself, and what has a native part. */
export const EXTERNAL = ['electron', 'better-sqlite3', 'keytar'];

/** Of `assets`, what is read while Rollbook runs. */
const ASSETS = ['models', 'mappings', 'district'];

/** The screens' folder in the bundle. */
const SCREENS = 'renderer';

const shared = (root: string, out: string): InlineConfig => ({
  configFile: false,
  root,
  publicDir: false,
  logLevel: 'warn',
  ssr: { noExternal: true, external: EXTERNAL, target: 'node' },
  build: {
    ssr: true,
    outDir: out,
    emptyOutDir: false,
    target: 'node24',
    sourcemap: false,
    minify: false,
    copyPublicDir: false,
  },
});

function withOutput(
  config: InlineConfig,
  more: NonNullable<InlineConfig['build']>,
  plugins: InlineConfig['plugins'],
): InlineConfig {
  return { ...config, build: { ...config.build, ...more }, ...(plugins === undefined ? {} : { plugins }) };
}

/** Main, the engine's worker and the practice API's, with what they share. */
export async function bundleMain(root: string, out: string): Promise<void> {
  await build(
    withOutput(
      shared(root, out),
      {
        // What the bundled libraries ask for: their names and terms go with them.
        license: { fileName: 'licenses.md' },
        rolldownOptions: {
          input: {
            main: path.join(root, 'electron/main/main.ts'),
            'engine-host': path.join(root, 'core/engine-host.ts'),
            'practice-api': path.join(root, 'core/sandbox/worker.ts'),
          },
          // One folder: what is found beside a module is found beside each of them.
          output: { format: 'esm', entryFileNames: '[name].js', chunkFileNames: '[name]-[hash].js' },
        },
      },
      [moduleUrls(root)],
    ),
  );
}

/** The preload: CommonJS in one file, for the sandbox gives it neither modules nor files. */
export async function bundlePreload(root: string, out: string): Promise<void> {
  await build(
    withOutput(
      shared(root, out),
      {
        rolldownOptions: {
          input: { preload: path.join(root, 'electron/preload.ts') },
          output: { format: 'cjs', entryFileNames: '[name].cjs', codeSplitting: false },
        },
      },
      [contractNames(root)],
    ),
  );
}

export function copyAssets(root: string, out: string): void {
  for (const name of ASSETS)
    cpSync(path.join(root, 'assets', name), path.join(out, 'assets', name), { recursive: true });
  const icons = path.join(out, 'icons');
  for (const name of ['icon.png', 'tray.png', 'tray@2x.png', 'trayTemplate.png', 'trayTemplate@2x.png']) {
    cpSync(path.join(root, 'assets/icons', name), path.join(icons, name));
  }
}

/** Says what the bundle is, as the repository's own does of the sources; without it, its modules would not be modules. */
export function describeBundle(root: string, out: string): void {
  const { name, version } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8')) as {
    readonly name: string;
    readonly version: string;
  };
  writeFileSync(path.join(out, 'package.json'), JSON.stringify({ name, version, type: 'module' }));
}

/** The screens, by their own configuration. */
export async function bundleRenderer(root: string, out: string): Promise<void> {
  await build({
    configFile: path.join(root, 'renderer/vite.config.ts'),
    logLevel: 'warn',
    build: {
      outDir: path.join(out, SCREENS),
      emptyOutDir: true,
      sourcemap: false,
      license: { fileName: 'licenses.md' },
    },
  });
}

/**
 * @param root the repository
 * @param out emptied first, but for the screens where they are not built anew
 * @param screens whether to build them too
 */
export async function bundle(root: string, out: string, { screens }: { readonly screens: boolean }): Promise<void> {
  for (const name of existsSync(out) ? readdirSync(out) : []) {
    if (screens || name !== SCREENS) rmSync(path.join(out, name), { recursive: true });
  }
  await bundleMain(root, out);
  await bundlePreload(root, out);
  copyAssets(root, out);
  describeBundle(root, out);
  if (screens) await bundleRenderer(root, out);
}
