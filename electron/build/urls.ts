/** Addresses beside a module (`new URL('../x', import.meta.url)`) that still hold when all modules are in one folder. */
import path from 'node:path';
import type { Plugin } from 'vite';

const URL_OF_MODULE = /new URL\(\s*(['"`])(\.{1,2}\/[^'"`]*)\1,\s*import\.meta\.url\s*\)/g;

/** What lies beside a bundle as it does in the repository: its assets, a package.json, and the place of all of it. */
const isBeside = (relative: string): boolean =>
  relative === '' || relative === 'package.json' || relative.startsWith('assets/');

/**
 * A module that is named so (a worker's) becomes an entry of the bundle, with its own name; an asset is found in the copy
 * beside the bundle. Any other address ends the build, for it would lead nowhere.
 * @param root the repository
 */
export const moduleUrls = (root: string): Plugin => ({
  name: 'rollbook-module-urls',
  enforce: 'pre',
  transform(code, id) {
    if (id.includes('node_modules') || !code.includes('import.meta.url')) return null;
    return code.replace(URL_OF_MODULE, (_whole, quote: string, named: string) => {
      const target = path.resolve(path.dirname(id), named);
      if (target.endsWith('.ts')) {
        const fileName = `${path.basename(target, '.ts')}.js`;
        this.emitFile({ type: 'chunk', id: target, fileName });
        return `new URL('./${fileName}', import.meta.url)`;
      }
      const relative = path.relative(root, target).split(path.sep).join('/');
      if (!isBeside(relative)) this.error(`${named} is neither a module nor an asset.`);
      const end = named.endsWith('/') && relative !== '' ? '/' : '';
      return `new URL(${quote}./${relative}${end}${quote}, import.meta.url)`;
    });
  },
});
