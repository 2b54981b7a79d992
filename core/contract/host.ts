/**
 * What only a host can do: dialogs, the window, the system it runs on. Same shape as the engine's commands, answered by the
 * host itself, so that no screen knows which host it is in.
 */
import { z } from 'zod';

const none = z.object({});
const filePath = z.string().min(1).max(4096);
const chosen = z.object({
  /** Null where the steward chose nothing. */
  path: filePath.nullable(),
});

/** The places a menu, a tray or a notification can bring the steward to. */
export const places = [
  'overview',
  'connections',
  'sources',
  'descriptors',
  'batches',
  'problems',
  'find',
  'support',
  'settings',
] as const;
export type Place = (typeof places)[number];

export const themeSchema = z.enum(['system', 'light', 'dark']);
export type Theme = z.infer<typeof themeSchema>;

export const updateStateSchema = z.discriminatedUnion('state', [
  /** This host does not update itself: a browser, a build without a feed, a machine whose administrators do it. */
  z.object({ state: z.literal('unavailable') }),
  z.object({ state: z.literal('idle'), checkedAt: z.number().nullable() }),
  z.object({ state: z.literal('checking') }),
  z.object({ state: z.literal('downloading'), version: z.string(), percent: z.number().min(0).max(100) }),
  /** Installed when Rollbook is left, or at once; never while a batch runs. */
  z.object({ state: z.literal('ready'), version: z.string() }),
  z.object({ state: z.literal('failed'), sentence: z.string(), checkedAt: z.number().nullable() }),
]);
export type UpdateState = z.infer<typeof updateStateSchema>;

export const engineStateSchema = z.discriminatedUnion('state', [
  z.object({ state: z.literal('starting') }),
  z.object({ state: z.literal('running') }),
  /** It died, and comes back by itself. */
  z.object({ state: z.literal('restarting') }),
  /** It cannot be started; it is tried again from time to time. */
  z.object({ state: z.literal('failed'), code: z.string(), sentence: z.string() }),
]);
export type EngineState = z.infer<typeof engineStateSchema>;

export const hostStateSchema = z.object({
  host: z.enum(['electron', 'loopback']),
  version: z.string(),
  platform: z.enum(['windows', 'macos', 'linux']),
  theme: themeSchema,
  online: z.boolean(),
  engine: engineStateSchema,
  update: updateStateSchema,
  dataFolder: z.string(),
  /** Null where this host cannot: a browser, a Linux desktop. */
  openAtLogin: z.boolean().nullable(),
  /** Null where this host cannot. */
  notifications: z.boolean().nullable(),
});
export type HostState = z.infer<typeof hostStateSchema>;

/** What can be made to go wrong at the practice API: to see, without harm, how a batch comes through it. */
export const practiceWeathers = [
  'calm',
  /** Tokens end long before their time. */
  'expired-tokens',
  /** More requests than the API takes: it asks for patience, and now and then is away for a moment. */
  'slow-down',
  /** Connections break before a request was looked at, or after it took effect and before its answer. */
  'dropped-before',
  'dropped-after',
] as const;
export type PracticeWeather = (typeof practiceWeathers)[number];

/** The practice district: the embedded practice API, a fictional district's exports and a connection to it. */
export const practiceStateSchema = z.object({
  isRunning: z.boolean(),
  url: z.string().nullable(),
  /** The name of its connection; null before it was first started. */
  connection: z.string().nullable(),
  /** The folders with its exports, one a day, in their order; empty before it was first started. */
  exports: z.array(z.string()),
  /** Calm whenever it is started. */
  weather: z.enum(practiceWeathers),
});
export type PracticeState = z.infer<typeof practiceStateSchema>;

/** What a file to be opened is for: decides the dialog's title and the endings it shows. */
export const openPurposes = ['source-zip', 'mapping', 'certificate', 'connection', 'secret'] as const;
export type OpenPurpose = (typeof openPurposes)[number];
export const folderPurposes = ['source', 'data-folder', 'fix-list'] as const;
export type FolderPurpose = (typeof folderPurposes)[number];
export const savePurposes = ['support', 'connection', 'fix-list', 'problems'] as const;
export type SavePurpose = (typeof savePurposes)[number];

/** A file's bare name, as a suggestion for a dialog. */
const suggestedName = z
  .string()
  .min(1)
  .max(120)
  .refine((name) => !/[/\\:]|\.\./.test(name) && !/^[.\s]/.test(name), 'a bare file name');

const TEXT_BYTES = 4 * 1024 * 1024;

/** Every command that a host answers itself: what goes in, what comes out. */
export const hostCommands = {
  'host.state': { input: none, output: hostStateSchema },
  'host.setTheme': { input: z.object({ theme: themeSchema }), output: hostStateSchema },
  'host.setOpenAtLogin': { input: z.object({ on: z.boolean() }), output: hostStateSchema },
  'host.setNotifications': { input: z.object({ on: z.boolean() }), output: hostStateSchema },
  /** The terms of what Rollbook is made of, as files; empty where none lie beside it. */
  'host.licenses': { input: none, output: z.array(z.object({ name: z.string(), text: z.string() })) },
  /** Ends Rollbook; a batch that runs is stopped as `sync.stop` does. */
  'host.quit': { input: none, output: none },
  'window.show': { input: none, output: none },
  'dialogs.chooseFolder': { input: z.object({ purpose: z.enum(folderPurposes) }), output: chosen },
  'dialogs.chooseFile': { input: z.object({ purpose: z.enum(openPurposes) }), output: chosen },
  /** Asks where to save; writes nothing. */
  'dialogs.saveFile': { input: z.object({ purpose: z.enum(savePurposes), suggestedName }), output: chosen },
  /** Asks for a small text file and reads it. */
  'files.openText': {
    input: z.object({ purpose: z.enum(openPurposes) }),
    output: z.object({ name: z.string(), text: z.string().max(TEXT_BYTES) }).nullable(),
  },
  /** Asks where to save, and writes it. */
  'files.saveText': {
    input: z.object({ purpose: z.enum(savePurposes), suggestedName, text: z.string().max(TEXT_BYTES) }),
    output: chosen,
  },
  /** Shows a file or folder in the system's file manager. */
  'files.reveal': { input: z.object({ path: filePath }), output: none },
  /** Opens a page in the browser; only https, only of the hosts in `externalHosts`. */
  'links.open': { input: z.object({ url: z.string().max(2000) }), output: none },
  'updates.check': { input: none, output: updateStateSchema },
  /** Restarts into the update that is ready; refused while a batch runs. */
  'updates.install': { input: none, output: none },
  'practice.state': { input: none, output: practiceStateSchema },
  /** Starts the practice API, and makes its exports and its connection where they are not there yet (electron/practice.ts). */
  'practice.start': { input: none, output: practiceStateSchema },
  /** With `forget`, its connection, its items and its exports go too. */
  'practice.stop': { input: z.object({ forget: z.boolean() }), output: practiceStateSchema },
  /** What goes wrong there from now on; refused while it does not run. */
  'practice.faults': { input: z.object({ weather: z.enum(practiceWeathers) }), output: practiceStateSchema },
} as const;

export type HostCommandName = keyof typeof hostCommands;
export type HostCommandInput<N extends HostCommandName> = z.input<(typeof hostCommands)[N]['input']>;
export type HostCommandOutput<N extends HostCommandName> = z.output<(typeof hostCommands)[N]['output']>;
export type ParsedHostInput<N extends HostCommandName> = z.output<(typeof hostCommands)[N]['input']>;
/** A function for each host command: what a host has to bring along. */
export type HostHandlers = { [N in HostCommandName]: (input: ParsedHostInput<N>) => Promise<HostCommandOutput<N>> };

/** What a host tells. */
export const hostEventSchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('host-state'), state: hostStateSchema }),
  /** The steward chose a place in a menu, the tray or a notification. */
  z.object({ type: z.literal('go'), place: z.enum(places) }),
]);
export type HostEvent = z.infer<typeof hostEventSchema>;

/** Where links may lead. */
export const externalHosts: readonly string[] = [
  'docs.ed-fi.org',
  'www.ed-fi.org',
  'techdocs.ed-fi.org',
  'www.1edtech.org',
];

/**
 * @param text what is to be opened
 * @returns the address, or undefined where it may not be opened: not https, with a name and password or a port, another host
 */
export function externalLink(text: string): URL | undefined {
  const url = URL.parse(text);
  if (url === null || url.protocol !== 'https:') return undefined;
  if (url.username !== '' || url.password !== '' || url.port !== '') return undefined;
  return externalHosts.includes(url.hostname) ? url : undefined;
}
