/** The process of run-stand-in.ts: main with the stand-in for `electron`, and the preload as its window's page would have it. */
import { readFileSync } from 'node:fs';
import { registerHooks } from 'node:module';
import path from 'node:path';
import type { AnyEvent, Bridge, Call } from '../../core/contract/bridge.ts';
import { ORIGIN } from '../../electron/channels.ts';
import type { FromMain, Request, ServedFile } from './run-stand-in.ts';

const [renderer = ''] = process.argv.slice(2);
const address = new URL('../electron/fake-electron.ts', import.meta.url).href;
registerHooks({
  resolve: (name, context, next) => (name === 'electron' ? { url: address, shortCircuit: true } : next(name, context)),
});
const electron = await import('../electron/fake-electron.ts');
const { fake, session } = electron;
const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
  readonly version: string;
};
electron.app.getVersion = () => version;
const icons = path.resolve(import.meta.dirname, '../../assets/icons');
(globalThis as unknown as { rollbookWatch(ipc: typeof electron.ipcMain): void }).rollbookWatch(electron.ipcMain);
const { startDesktop } = await import('../../electron/main/app.ts');
await startDesktop({
  preload: '/preload.cjs',
  renderer,
  icon: path.join(icons, 'icon.png'),
  trayIcon: path.join(icons, 'tray.png'),
  loadUpdater: async () => undefined,
});
await import('../../electron/preload.ts');
const bridge = fake.exposed.get('rollbook') as Bridge;

const tell = (message: FromMain): void => void process.send?.(message);
for (const listen of Object.values(bridge.on)) {
  (listen as (listener: (event: AnyEvent) => void) => void)((event) => tell({ type: 'event', event }));
}

async function serve(name: string): Promise<ServedFile> {
  const answer = await session.defaultSession.serve?.(new Request(`${ORIGIN}${name}`));
  if (answer === undefined) throw new Error('The scheme is not served.');
  const body = Buffer.from(await answer.arrayBuffer());
  return { status: answer.status, headers: Object.fromEntries(answer.headers), base64: body.toString('base64') };
}

function work(request: Request): unknown {
  switch (request.kind) {
    case 'evaluate': {
      // As Playwright does: from its text, so that it can see nothing of where it was written.
      const make = new Function(`return (${request.work});`) as () => (module: unknown, argument: unknown) => unknown;
      return make()(electron, request.argument);
    }
    case 'command': {
      const call = bridge.commands[request.command as keyof Bridge['commands']] as Call<unknown, unknown>;
      return call(request.input);
    }
    case 'file':
      return serve(request.path);
  }
}

process.on('message', async (message: Request & { readonly id: number }) => {
  const { id } = message;
  try {
    tell({ type: 'answer', id, value: await work(message) });
  } catch (thrown) {
    tell({ type: 'answer', id, error: thrown instanceof Error ? thrown.message : 'thrown' });
  }
});
process.once('disconnect', () => {
  const before = fake.quits;
  electron.app.quit();
  // Once to ask whether it may, and again when all is closed.
  setInterval(() => {
    if (fake.quits > before + 1) process.exit(0);
  }, 20);
});
tell({ type: 'ready' });
