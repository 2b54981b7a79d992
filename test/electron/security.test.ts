import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { externalHosts, externalLink } from '../../core/contract/host.ts';
import { dialogHandlers } from '../../electron/main/dialogs.ts';
import { CSP, fileOf, handleScheme, registerScheme, serve } from '../../electron/main/scheme.ts';
import { confine, denyPermissions, webPreferences } from '../../electron/main/window.ts';
import { fake, session, WebContents } from './fake-electron.ts';

vi.mock('electron', () => import('./fake-electron.ts'));

const folder = mkdtempSync(path.join(tmpdir(), 'rollbook-security-'));
const root = path.join(folder, 'renderer');
beforeAll(() => {
  mkdirSync(path.join(root, 'assets'), { recursive: true });
  writeFileSync(path.join(root, 'index.html'), '<!doctype html>');
  writeFileSync(path.join(root, 'assets/index.js'), 'export {};');
  writeFileSync(path.join(root, 'secret.pem'), 'SENTINEL');
  writeFileSync(path.join(folder, 'outside.js'), 'SENTINEL');
  mkdirSync(path.join(folder, 'renderer-other'));
  writeFileSync(path.join(folder, 'renderer-other/x.js'), 'SENTINEL');
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('the page', () => {
  test('is in a sandbox, isolated, and has no Node', () => {
    expect(webPreferences('/preload.cjs')).toMatchObject({
      preload: '/preload.cjs',
      sandbox: true,
      contextIsolation: true,
      nodeIntegration: false,
      nodeIntegrationInWorker: false,
      nodeIntegrationInSubFrames: false,
      webSecurity: true,
      allowRunningInsecureContent: false,
      webviewTag: false,
      navigateOnDragDrop: false,
    });
  });

  test('has tools for developers where it is developed only', () => {
    expect(webPreferences('/preload.cjs').devTools).toBe(true);
    fake.isPackaged = true;
    expect(webPreferences('/preload.cjs').devTools).toBe(false);
    fake.isPackaged = false;
  });

  test.each(['will-navigate', 'will-frame-navigate', 'will-redirect'])('cannot leave by %s', (event) => {
    const contents = new WebContents();
    confine(contents as never);
    const went = (url: string): boolean => {
      const preventDefault = vi.fn();
      contents.emit(event, { url, preventDefault });
      return preventDefault.mock.calls.length === 0;
    };
    expect(went('app://rollbook/')).toBe(true);
    for (const url of [
      'https://example.org/',
      'file:///etc/passwd',
      'app://other/',
      'javascript:1',
      'data:text/html,x',
    ]) {
      expect(went(url)).toBe(false);
    }
  });

  test('opens no window and no webview', () => {
    const contents = new WebContents();
    confine(contents as never);
    for (const url of ['https://docs.ed-fi.org/', 'app://rollbook/', 'about:blank']) {
      expect(contents.openHandler?.({ url })).toEqual({ action: 'deny' });
    }
    const preventDefault = vi.fn();
    contents.emit('will-attach-webview', { preventDefault });
    expect(preventDefault).toHaveBeenCalledOnce();
  });

  test('is given no permission, no device, no screen and no download', () => {
    denyPermissions(session.defaultSession as never);
    const { requests, check, device, display } = session.defaultSession;
    const granted: boolean[] = [];
    for (const permission of ['media', 'geolocation', 'notifications', 'openExternal', 'clipboard-read', 'new-one']) {
      requests?.({}, permission, (is) => void granted.push(is));
    }
    expect(granted).toEqual([false, false, false, false, false, false]);
    expect(check?.()).toBe(false);
    expect(device?.()).toBe(false);
    const give = vi.fn();
    display?.({}, give);
    expect(give).toHaveBeenCalledExactlyOnceWith(null);
    const preventDefault = vi.fn();
    session.defaultSession.emit('will-download', { preventDefault });
    expect(preventDefault).toHaveBeenCalledOnce();
  });
});

describe('app://', () => {
  test('is a standard, secure scheme and nothing more', () => {
    registerScheme();
    expect(fake.schemes).toEqual([
      { scheme: 'app', privileges: { standard: true, secure: true, supportFetchAPI: true } },
    ]);
  });

  test('serves the built files, each with the policy', async () => {
    handleScheme(session.defaultSession as never, root);
    const answer = await session.defaultSession.serve?.(new Request('app://rollbook/assets/index.js'));
    expect(answer?.status).toBe(200);
    expect(answer?.headers.get('content-type')).toBe('text/javascript; charset=utf-8');
    expect(await answer?.text()).toBe('export {};');
    for (const address of ['app://rollbook/', 'app://rollbook/assets/index.js', 'app://rollbook/none.js']) {
      const { headers } = await serve(root, { url: address, method: 'GET' });
      expect(headers.get('content-security-policy')).toBe(CSP);
      expect(headers.get('x-content-type-options')).toBe('nosniff');
    }
  });

  test('the policy starts from nothing, and allows nothing inline, evaluated or foreign', () => {
    const policy = new Map(
      CSP.split('; ').map((part) => {
        const [name = '', ...values] = part.split(' ');
        return [name, values] as const;
      }),
    );
    expect(policy.get('default-src')).toEqual(["'none'"]);
    for (const name of ['script-src', 'style-src', 'font-src', 'connect-src'])
      expect(policy.get(name)).toEqual(["'self'"]);
    expect(policy.get('img-src')).toEqual(["'self'", 'data:']);
    for (const name of ['base-uri', 'form-action', 'frame-ancestors']) expect(policy.get(name)).toEqual(["'none'"]);
    expect(CSP).not.toMatch(/unsafe|https?:|\*/);
  });

  test.each([
    'app://rollbook/../outside.js',
    'app://rollbook/%2e%2e/outside.js',
    'app://rollbook/..%2foutside.js',
    'app://rollbook/%2e%2e%2foutside.js',
    'app://rollbook/assets/..%2f..%2foutside.js',
    'app://rollbook/..%5coutside.js',
    'app://rollbook/..%2frenderer-other%2fx.js',
    'app://rollbook/%00index.html',
    'app://rollbook/%ff',
    'app://rollbook//etc/passwd',
    'app://rollbook/secret.pem',
    'app://rollbook/assets',
    'app://other/index.html',
    'https://rollbook/index.html',
    'nonsense',
  ])('%s is not served', async (url) => {
    const answer = await serve(root, { url, method: 'GET' });
    expect(answer.status).toBe(404);
    expect(await answer.text()).toBe('');
  });

  test('only reads', async () => {
    for (const method of ['POST', 'PUT', 'DELETE', 'HEAD']) {
      expect((await serve(root, { url: 'app://rollbook/', method })).status).toBe(405);
    }
  });

  test('every file that is served is below the folder', () => {
    expect(fileOf(root, 'app://rollbook/')).toBe(path.join(root, 'index.html'));
    expect(fileOf(root, 'app://rollbook/assets/index.js?x=1#y')).toBe(path.join(root, 'assets/index.js'));
  });
});

describe('links', () => {
  const handlers = dialogHandlers(() => undefined);
  beforeEach(() => void fake.opened.splice(0));

  test('open in the browser for each host of the list, by https', async () => {
    for (const host of externalHosts) await handlers['links.open']({ url: `https://${host}/page?x=1` });
    expect(fake.opened).toEqual(externalHosts.map((host) => `https://${host}/page?x=1`));
  });

  test.each([
    'http://docs.ed-fi.org/',
    'https://example.org/',
    'https://docs.ed-fi.org.example.org/',
    'https://docs.ed-fi.org@example.org/',
    'https://user:word@docs.ed-fi.org/',
    'https://docs.ed-fi.org:8443/',
    'file:///etc/passwd',
    'javascript:alert(1)',
    'ms-settings:',
    'smb://host/share',
    '',
  ])('%s stays closed', async (url) => {
    await expect(handlers['links.open']({ url })).rejects.toMatchObject({ code: 'usage' });
    expect(externalLink(url)).toBeUndefined();
    expect(fake.opened).toEqual([]);
  });
});

describe('showing a file', () => {
  const handlers = dialogHandlers(() => undefined);
  beforeEach(() => void fake.revealed.splice(0));

  test('what is there is shown', async () => {
    await handlers['files.reveal']({ path: path.join(root, 'index.html') });
    expect(fake.revealed).toEqual([path.join(root, 'index.html')]);
  });

  test.each(['//server/share/x', '\\\\server\\share\\x', 'relative.txt', '/nowhere/at/all'])(
    '%s is not, unless the steward chose it here',
    async (file) => {
      await expect(handlers['files.reveal']({ path: file })).rejects.toMatchObject({ code: 'usage' });
      fake.openAnswers.push([file]);
      await handlers['dialogs.chooseFolder']({ purpose: 'source' });
      await handlers['files.reveal']({ path: file });
      expect(fake.revealed).toEqual([file]);
    },
  );
});

describe('the package', () => {
  const yml = readFileSync(new URL('../../electron-builder.yml', import.meta.url), 'utf8');
  test.each([
    'runAsNode: false',
    'enableCookieEncryption: true',
    'enableNodeOptionsEnvironmentVariable: false',
    'enableNodeCliInspectArguments: false',
    'enableEmbeddedAsarIntegrityValidation: true',
    'onlyLoadAppFromAsar: true',
    'grantFileProtocolExtraPrivileges: false',
    'forceCodeSigning: true',
    'hardenedRuntime: true',
    'notarize: true',
    'verifyUpdateCodeSignature: true',
    'perMachine: false',
    'allowElevation: false',
    'npmRebuild: false',
  ])('has %s', (line) => {
    expect(yml.split('\n').map((one) => one.trim())).toContain(line);
  });

  test('is entitled to compile while it runs, and to nothing else', () => {
    const plist = readFileSync(new URL('../../electron/build/entitlements.mac.plist', import.meta.url), 'utf8');
    expect(plist.match(/<key>(.*?)<\/key>/g)).toEqual(['<key>com.apple.security.cs.allow-jit</key>']);
  });
});
