/**
 * A small stand-in for the module `electron`: keeps what it was told, and lets a test be the system, the window's page and the
 * steward. Messages between page and main are copied as Electron copies them.
 */
import { EventEmitter } from 'node:events';

export interface Frame {
  url: string;
  parent: Frame | null;
}
type Handler = (event: unknown, ...args: unknown[]) => unknown;

/** What a test sees, and sets. */
export const fake = {
  quits: 0,
  exits: [] as number[],
  relaunches: 0,
  hasLock: true,
  isPackaged: false,
  isOnline: true,
  paths: new Map<string, string>(),
  calls: [] as string[],
  schemes: [] as unknown[],
  exposed: new Map<string, unknown>(),
  handlers: new Map<string, Handler>(),
  windows: [] as BrowserWindow[],
  notifications: [] as { title: string; body: string; click(): void }[],
  opened: [] as string[],
  revealed: [] as string[],
  errors: [] as string[],
  trays: [] as Tray[],
  menu: [] as unknown[],
  blockers: new Set<number>(),
  /** Answers of the dialogs, the next first. */
  openAnswers: [] as string[][],
  saveAnswers: [] as string[],
  boxAnswers: [] as number[],
  boxes: [] as { message: string; detail: string; buttons: string[] }[],
  loginItem: { openAtLogin: false, wasOpenedAtLogin: false } as Record<string, unknown>,
  displays: [{ id: 1, workArea: { x: 0, y: 0, width: 1366, height: 728 } }],
  hasTray: true,
};

class App extends EventEmitter {
  get isPackaged(): boolean {
    return fake.isPackaged;
  }
  setPath(name: string, value: string): void {
    fake.calls.push(`setPath ${name}`);
    fake.paths.set(name, value);
  }
  getPath(name: string): string {
    return fake.paths.get(name) ?? '/nowhere';
  }
  requestSingleInstanceLock(): boolean {
    fake.calls.push('lock');
    return fake.hasLock;
  }
  enableSandbox(): void {
    fake.calls.push('enableSandbox');
  }
  setAppUserModelId(): void {}
  getVersion(): string {
    return '0.0.0-test';
  }
  async whenReady(): Promise<void> {
    fake.calls.push('whenReady');
  }
  quit(): void {
    fake.quits += 1;
    this.emit('before-quit', { preventDefault: () => undefined });
  }
  exit(code: number): void {
    fake.exits.push(code);
  }
  relaunch(): void {
    fake.relaunches += 1;
  }
  getLoginItemSettings(): Record<string, unknown> {
    return fake.loginItem;
  }
  setLoginItemSettings(settings: Record<string, unknown>): void {
    fake.loginItem = { ...fake.loginItem, ...settings };
  }
}
export const app = new App();

class Session extends EventEmitter {
  requests: ((contents: unknown, permission: string, decide: (is: boolean) => void) => void) | undefined;
  check: (() => boolean) | undefined;
  device: (() => boolean) | undefined;
  display: ((request: unknown, decide: (streams: object | null) => void) => void) | undefined;
  serve: ((request: Request) => Promise<Response>) | undefined;
  readonly protocol = {
    handle: (scheme: string, serve: (request: Request) => Promise<Response>) => {
      fake.calls.push(`handle ${scheme}`);
      this.serve = serve;
    },
  };
  setPermissionRequestHandler(handler: NonNullable<Session['requests']>): void {
    this.requests = handler;
  }
  setPermissionCheckHandler(handler: () => boolean): void {
    this.check = handler;
  }
  setDevicePermissionHandler(handler: () => boolean): void {
    this.device = handler;
  }
  setDisplayMediaRequestHandler(handler: NonNullable<Session['display']>): void {
    this.display = handler;
  }
}
export const session = { defaultSession: new Session() };

export class WebContents extends EventEmitter {
  url = '';
  reloads = 0;
  sent: unknown[][] = [];
  openHandler: ((details: { url: string }) => { action: string }) | undefined;
  isDestroyed(): boolean {
    return false;
  }
  getURL(): string {
    return this.url;
  }
  send(channel: string, ...args: unknown[]): void {
    const copies = structuredClone(args);
    this.sent.push([channel, ...copies]);
    ipcRenderer.emit(channel, {}, ...copies);
  }
  reload(): void {
    this.reloads += 1;
  }
  setWindowOpenHandler(handler: (details: { url: string }) => { action: string }): void {
    this.openHandler = handler;
  }
}

export class BrowserWindow extends EventEmitter {
  readonly options: Record<string, unknown>;
  readonly webContents = new WebContents();
  progress: number | undefined;
  visible = false;
  focused = false;
  maximized = false;
  destroyed = false;
  constructor(options: Record<string, unknown>) {
    super();
    this.options = options;
    fake.windows.push(this);
    app.emit('web-contents-created', {}, this.webContents);
  }
  async loadURL(url: string): Promise<void> {
    this.webContents.url = url;
  }
  getNormalBounds(): { x: number; y: number; width: number; height: number } {
    const { x, y, width, height } = this.options as { x: number; y: number; width: number; height: number };
    return { x, y, width, height };
  }
  isMaximized(): boolean {
    return this.maximized;
  }
  maximize(): void {
    this.maximized = true;
  }
  isMinimized(): boolean {
    return false;
  }
  restore(): void {}
  isVisible(): boolean {
    return this.visible;
  }
  isFocused(): boolean {
    return this.focused;
  }
  isDestroyed(): boolean {
    return this.destroyed;
  }
  show(): void {
    this.visible = true;
  }
  hide(): void {
    this.visible = false;
  }
  focus(): void {
    this.focused = true;
  }
  setProgressBar(value: number): void {
    this.progress = value;
  }
}

export const protocol = {
  registerSchemesAsPrivileged: (schemes: unknown[]): void => {
    fake.calls.push('registerScheme');
    fake.schemes.push(...schemes);
  },
};

export const ipcMain = {
  handle(channel: string, handler: Handler): void {
    if (fake.handlers.has(channel)) throw new Error(`Attempted to register a second handler for '${channel}'`);
    fake.handlers.set(channel, handler);
  },
  removeHandler: (channel: string): void => void fake.handlers.delete(channel),
};

/** Calls a handler of main's as a page would. */
export async function invokeFrom(
  sender: unknown,
  senderFrame: Frame | null,
  channel: string,
  ...args: unknown[]
): Promise<unknown> {
  const handler = fake.handlers.get(channel);
  if (handler === undefined) throw new Error(`No handler registered for '${channel}'`);
  return structuredClone(await handler({ sender, senderFrame }, ...structuredClone(args)));
}

class IpcRenderer extends EventEmitter {
  /** From the last window's own page. */
  invoke(channel: string, ...args: unknown[]): Promise<unknown> {
    const contents = fake.windows.at(-1)?.webContents;
    return invokeFrom(contents, { url: contents?.url ?? '', parent: null }, channel, ...args);
  }
}
export const ipcRenderer = new IpcRenderer();

export const contextBridge = {
  exposeInMainWorld: (key: string, api: unknown): void => void fake.exposed.set(key, api),
};
export const webUtils = { getPathForFile: (file: { name: string }): string => `/dropped/${file.name}` };

const withoutWindow = <T>(args: unknown[]): T => args.at(-1) as T;
export const dialog = {
  async showOpenDialog(...args: unknown[]): Promise<{ canceled: boolean; filePaths: string[] }> {
    fake.calls.push(`open ${withoutWindow<{ title: string }>(args).title}`);
    const filePaths = fake.openAnswers.shift() ?? [];
    return { canceled: filePaths.length === 0, filePaths };
  },
  async showSaveDialog(...args: unknown[]): Promise<{ canceled: boolean; filePath: string }> {
    fake.calls.push(`save ${withoutWindow<{ title: string }>(args).title}`);
    const filePath = fake.saveAnswers.shift() ?? '';
    return { canceled: filePath === '', filePath };
  },
  async showMessageBox(...args: unknown[]): Promise<{ response: number }> {
    const box = withoutWindow<(typeof fake.boxes)[number]>(args);
    fake.boxes.push(box);
    return { response: fake.boxAnswers.shift() ?? box.buttons.length - 1 };
  },
  showErrorBox: (title: string): void => void fake.errors.push(title),
};
export const shell = {
  openExternal: async (url: string): Promise<void> => void fake.opened.push(url),
  showItemInFolder: (file: string): void => void fake.revealed.push(file),
};

export class Notification extends EventEmitter {
  static isSupported(): boolean {
    return true;
  }
  readonly words: { title: string; body: string };
  constructor(words: { title: string; body: string }) {
    super();
    this.words = words;
  }
  show(): void {
    fake.notifications.push({ ...this.words, click: () => void this.emit('click') });
  }
}

export const Menu = {
  buildFromTemplate: (template: unknown[]): unknown[] => template,
  setApplicationMenu(menu: unknown[]): void {
    fake.menu = menu;
  },
};
export class Tray extends EventEmitter {
  tip = '';
  menu: unknown[] = [];
  constructor() {
    super();
    if (!fake.hasTray) throw new Error('no tray here');
    fake.trays.push(this);
  }
  setToolTip(tip: string): void {
    this.tip = tip;
  }
  setContextMenu(menu: unknown[]): void {
    this.menu = menu;
  }
  destroy(): void {}
}
export const nativeImage = { createFromPath: () => ({ setTemplateImage: () => undefined }) };
export const nativeTheme = { themeSource: 'system' };
export const net = { isOnline: (): boolean => fake.isOnline };
export const powerMonitor = new EventEmitter();
export const powerSaveBlocker = {
  start(): number {
    const id = fake.blockers.size + 1;
    fake.blockers.add(id);
    return id;
  },
  stop: (id: number): void => void fake.blockers.delete(id),
};
export const screen = {
  getPrimaryDisplay: () => fake.displays[0],
  getAllDisplays: () => fake.displays,
};
