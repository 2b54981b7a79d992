/** `npm run build`: makes `dist`. With `--no-screens`, all but the screens. */
import path from 'node:path';
import { bundle } from './bundle.ts';

const root = path.resolve(import.meta.dirname, '../..');
await bundle(root, path.join(root, 'dist'), { screens: !process.argv.includes('--no-screens') });
