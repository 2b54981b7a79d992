/** Where the application's own files are: one folder that holds the bundle, whether in an archive or not. */
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const here = path.dirname(fileURLToPath(import.meta.url));

export const paths = {
  preload: path.join(here, 'preload.cjs'),
  renderer: path.join(here, 'renderer'),
  icon: path.join(here, 'icons', 'icon.png'),
  trayIcon: path.join(here, 'icons', process.platform === 'darwin' ? 'trayTemplate.png' : 'tray.png'),
  /** What the bundles ask for: of main with the engine, and of the screens. */
  licenses: [path.join(here, 'licenses.md'), path.join(here, 'renderer', 'licenses.md')],
  /** Written by electron-builder beside the archive; there is none in a build without a feed. */
  updateFeed: (resources: string) => path.join(resources, 'app-update.yml'),
};
