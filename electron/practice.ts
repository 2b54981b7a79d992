/**
 * The practice district: the embedded practice API, a fictional district's exports, and a connection to it. The same for
 * every host that has windows. What was sent is still there after a restart, as it would be at a real API.
 */
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import type { PracticeState, PracticeWeather } from '../core/contract/host.ts';
import type { CommandInput, CommandName, CommandOutput } from '../core/contract/schemas.ts';
import { Failure } from '../core/errors/failure.ts';
import { startSandboxInWorker, type WorkerSandbox } from '../core/sandbox/worker.ts';
import { planOf } from './practice-weather.ts';

export interface PracticeInput {
  /** The data folder; what belongs to the practice district goes into a folder of its own below it. */
  readonly folder: string;
  readonly call: <N extends CommandName>(command: N, input: CommandInput<N>) => Promise<CommandOutput<N>>;
  /** Whether a batch runs: it may be one to the practice API. */
  readonly isBusy: () => boolean;
}

export interface Practice {
  state(): PracticeState;
  /** Starts the practice API, writes the exports and makes the connection, each where it is not there yet. */
  start(): Promise<PracticeState>;
  /** Starts it where it ran when Rollbook was last used: a batch would otherwise find nobody. */
  resume(): Promise<void>;
  /**
   * Ends the practice API. With `forget`, also its connection, its items and its exports.
   * @throws Failure `ledger-in-use` while a batch is running
   */
  stop(input: { readonly forget: boolean }): Promise<PracticeState>;
  /** Has things go wrong at it, until another weather is chosen or it ends. @throws Failure where it does not run */
  faults(input: { readonly weather: PracticeWeather }): Promise<PracticeState>;
  close(): Promise<void>;
}

const keptSchema = z.object({
  port: z.number().int().min(1).max(65_535),
  key: z.string().min(1),
  secret: z.string().min(1),
  connection: z.string(),
  isOn: z.boolean(),
});
type Kept = z.infer<typeof keptSchema>;

const CONNECTION = 'Practice district';
const DAYS = ['day1', 'day2'] as const;
const shipped = (day: (typeof DAYS)[number]): string =>
  fileURLToPath(new URL(`../assets/district/${day}`, import.meta.url));

const exportsIn = (home: string): string[] => DAYS.map((day) => path.join(home, day)).filter((day) => existsSync(day));

export function createPractice({ folder, call, isBusy }: PracticeInput): Practice {
  const home = path.join(folder, 'practice');
  const file = path.join(home, 'practice.json');
  const secretFile = path.join(home, 'secret.txt');
  let running: WorkerSandbox | undefined;
  let weather: PracticeWeather = 'calm';
  /** Two starts at a time would be two APIs. */
  let last: Promise<unknown> = Promise.resolve();
  const oneByOne = <T>(work: () => Promise<T>): Promise<T> => {
    const next = last.then(work, work);
    last = next.catch(() => undefined);
    return next;
  };

  const kept = (): Kept | undefined => {
    try {
      return keptSchema.safeParse(JSON.parse(readFileSync(file, 'utf8'))).data;
    } catch {
      return undefined;
    }
  };
  const keep = (values: Kept): void => writeFileSync(file, JSON.stringify(values), { mode: 0o600 });

  const state = (): PracticeState => {
    const known = kept();
    return {
      isRunning: running !== undefined,
      url: running?.url ?? null,
      connection: known?.connection ?? null,
      exports: known === undefined ? [] : exportsIn(home),
      weather,
    };
  };

  const listen = async (known: Kept | undefined): Promise<WorkerSandbox> => {
    const options = {
      file: path.join(home, 'items.db'),
      key: known?.key ?? `practice-${randomBytes(6).toString('hex')}`,
      secret: known?.secret ?? randomBytes(18).toString('base64url'),
    };
    if (known === undefined) return startSandboxInWorker(options);
    // Another program may have taken the port since.
    return startSandboxInWorker({ ...options, port: known.port }).catch(() => startSandboxInWorker(options));
  };

  const connect = async (api: WorkerSandbox, name: string): Promise<string> => {
    const all = await call('connections.list', {});
    const own = all.find((one) => one.name === name && one.key === api.key);
    if (own !== undefined) {
      // Only the port can be another: it is still the same API with the same items.
      if (own.url !== api.url) await call('connections.update', { name, url: api.url, test: false });
      return name;
    }
    const taken = new Set(all.map((one) => one.name.toLowerCase()));
    let free = CONNECTION;
    for (let n = 2; taken.has(free.toLowerCase()); n += 1) free = `${CONNECTION} ${n}`;
    await call('connections.add', {
      name: free,
      url: api.url,
      key: api.key,
      // A file rather than the keychain: it is no secret, and has to work on machines that have none.
      secretFile,
      studentId: 'identifier',
    });
    return free;
  };

  const start = async (): Promise<PracticeState> => {
    mkdirSync(home, { recursive: true, mode: 0o700 });
    const known = kept();
    for (const day of DAYS) copyFolder(shipped(day), path.join(home, day));
    running ??= await listen(known);
    const { url, key, secret } = running;
    writeFileSync(secretFile, secret, { mode: 0o600 });
    const connection = await connect(running, known?.connection ?? CONNECTION);
    const exports = exportsIn(home);
    // What the steward has chosen since stays chosen.
    const { path: chosen } = await call('sources.show', { connection });
    if (chosen === null && exports[0] !== undefined) await call('sources.set', { connection, path: exports[0] });
    keep({ port: Number(new URL(url).port), key, secret, connection, isOn: true });
    return state();
  };
  const end = async (): Promise<void> => {
    await running?.close();
    running = undefined;
    weather = 'calm';
  };

  return {
    state,
    start: () => oneByOne(start),
    resume: () =>
      oneByOne(async () => {
        if (kept()?.isOn === true) await start();
      }),
    stop: ({ forget }) =>
      oneByOne(async () => {
        if (isBusy()) {
          throw new Failure(
            'ledger-in-use',
            'A batch is running. Wait for it, or stop it, before the practice API is ended.',
          );
        }
        const known = kept();
        if (forget && known !== undefined) {
          const all = await call('connections.list', {});
          const own = all.find((one) => one.name === known.connection && one.key === known.key);
          if (own !== undefined) await call('connections.remove', { name: own.name });
        }
        await end();
        if (forget) rmSync(home, { recursive: true, force: true });
        else if (known !== undefined) keep({ ...known, isOn: false });
        return state();
      }),
    faults: (input) =>
      oneByOne(async () => {
        if (running === undefined) {
          throw new Failure('usage', 'The practice API does not run: start it, then choose what goes wrong there.');
        }
        const plan = planOf(input.weather);
        if (plan === undefined) await running.faults.clear();
        else await running.faults.set(plan);
        weather = input.weather;
        return state();
      }),
    close: () => oneByOne(end),
  };
}

/** Not cpSync: inside an archive of Electron's it cannot read. */
function copyFolder(from: string, to: string): void {
  if (existsSync(to)) return;
  let names: string[];
  try {
    names = readdirSync(from);
  } catch {
    throw new Failure('internal', 'The fictional district is missing from this installation: install Rollbook again.');
  }
  mkdirSync(to, { recursive: true });
  for (const name of names) writeFileSync(path.join(to, name), readFileSync(path.join(from, name)));
}
