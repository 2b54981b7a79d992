/** Puts the contract's names, as they are now, in the place of the module that would work them out from the schemas. */
import path from 'node:path';
import type { Plugin } from 'vite';
import * as names from '../names.ts';

export const contractNames = (root: string): Plugin => ({
  name: 'rollbook-contract-names',
  enforce: 'pre',
  load(id) {
    if (path.resolve(id) !== path.join(root, 'electron', 'names.ts')) return null;
    return Object.entries(names)
      .map(([name, value]) => `export const ${name} = ${JSON.stringify(value)};`)
      .join('\n');
  },
});
