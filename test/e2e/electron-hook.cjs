/**
 * Required into main before the application is loaded, for the specs: keeps its engines where one can be ended, lets answers
 * of main be held back or replaced, and, with ROLLBOOK_E2E_SECRETS=memory, has engines forget their secrets, so that this
 * machine's keychain is left alone. Nothing of it is in the product.
 */
const { syncBuiltinESMExports } = require('node:module');
const threads = require('node:worker_threads');

const engines = [];
globalThis.rollbookEngines = engines;

/** Only an engine is told where secrets are kept. */
const isEngine = (options) => options?.workerData?.secrets !== undefined;

const wanted = (options) =>
  process.env.ROLLBOOK_E2E_SECRETS === 'memory' && options.workerData.secrets === 'keychain'
    ? { ...options, workerData: { ...options.workerData, secrets: 'memory' } }
    : options;

threads.Worker = class extends threads.Worker {
  constructor(file, options) {
    super(file, isEngine(options) ? wanted(options) : options);
    if (isEngine(options)) engines.push(this);
  }
};
// What is imported by name sees it too.
syncBuiltinESMExports();

/** By channel, what is awaited before its handler is asked; what that gives, if anything, is the answer in its place. */
const gates = new Map();
globalThis.rollbookGates = gates;

globalThis.rollbookWatch = (ipcMain) => {
  const { handle } = ipcMain;
  ipcMain.handle = (channel, work) =>
    handle.call(ipcMain, channel, async (...given) => (await gates.get(channel)?.()) ?? work(...given));
};
if (process.versions.electron !== undefined) globalThis.rollbookWatch(require('electron').ipcMain);
