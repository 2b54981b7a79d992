/**
 * `npm run package`: makes this system's installers from `dist`. A release (`--release`) has to be signed and to have a feed
 * for updates, or it fails; any other build is unsigned and does not update itself.
 */
import path from 'node:path';
import { build, type Configuration } from 'electron-builder';

const root = path.resolve(import.meta.dirname, '../..');
const isRelease = process.argv.includes('--release');
const feed = process.env.ROLLBOOK_UPDATE_URL;

const unsigned: Configuration = {
  publish: null,
  forceCodeSigning: false,
  mac: { identity: null, notarize: false },
  // macOS starts nothing whose signature does not fit any more, and setting the fuses changes the binary.
  ...(process.platform === 'darwin' ? { electronFuses: { resetAdHocDarwinSignature: true } } : {}),
};

if (isRelease && URL.parse(feed ?? '')?.protocol !== 'https:') {
  process.stderr.write('A release needs ROLLBOOK_UPDATE_URL: the https address of the feed that updates come from.\n');
  process.exit(1);
}
await build({ projectDir: root, publish: 'never', ...(isRelease ? {} : { config: unsigned }) });
