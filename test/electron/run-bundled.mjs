/** Runs a built application's own main module in plain Node, with the stand-in for `electron`, as far as an answer from its engine. */
import { registerHooks } from 'node:module';
import path from 'node:path';
import { pathToFileURL } from 'node:url';

const [app = ''] = process.argv.slice(2);
const stand = new URL('./fake-electron.ts', import.meta.url).href;
registerHooks({
  resolve: (name, context, next) => (name === 'electron' ? { url: stand, shortCircuit: true } : next(name, context)),
});
const { app: electron, fake } = await import(stand);
await import(pathToFileURL(path.join(app, 'main.js')).href);
while (fake.windows.length === 0) await new Promise((done) => setTimeout(done, 10));
await import(pathToFileURL(path.join(app, 'preload.cjs')).href);
const { commands } = fake.exposed.get('rollbook');
const state = await commands['host.state']({});
const practice = await commands['practice.start']({});
const [source] = practice.ok.exports;
const result = await commands['sync.run']({ connection: practice.ok.connection, source, approve: true });
process.stdout.write(
  JSON.stringify({
    state: state.ok,
    commands: Object.keys(commands),
    done: result.ok?.state ?? result.error,
    created: result.ok?.account.created,
    preload: fake.windows[0].options.webPreferences.preload,
    url: fake.windows[0].webContents.url,
  }),
);
electron.quit();
