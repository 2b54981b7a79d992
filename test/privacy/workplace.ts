/** A steward's workplace for one test: an export full of canaries, a data folder, a home, a temporary folder; and what they leave. */
import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { createSeal } from '../../core/ledger/seal.ts';
import { type Ran, type Running, start } from '../cli/run.ts';
import { readExport, writeExport } from '../sync/export.ts';
import { district, newFolder } from '../sync/workbench.ts';
import { type Canary, type Planted, plant } from './canaries.ts';
import { bytesOfCells, createSearch, type Hit, type Place, placesIn, type Search, textPlace } from './search.ts';
import { word } from './tokens.ts';

/** Words that no planted record has. */
const SETTINGS_FROM = 16_000;
const chosen = (number: number, plane: 'secret' | 'setting', column: string): Canary => ({
  value: word(SETTINGS_FROM + number),
  form: 'word',
  plane,
  table: 'chosen by the steward',
  column,
  row: 0,
});

export interface Workplace extends Planted {
  readonly source: string;
  readonly secret: Canary;
  readonly key: Canary;
  /** Name of the connection, of the source's folder, of the data folder. */
  readonly settings: readonly Canary[];
  readonly connection: string;
  readonly data: string;
  readonly temp: string;
  readonly home: string;
}

/** Writes the export of a small district with a canary in every personal field. */
export async function workplace(students = 12): Promise<Workplace> {
  const tables = readExport(await district({ clean: false, students }));
  const planted = plant(tables);
  const [secret, key] = [chosen(0, 'secret', 'secret'), chosen(1, 'secret', 'key')];
  const names = ['connection', 'source folder', 'data folder'].map((name, nth) => chosen(2 + nth, 'setting', name));
  const [connection, sourceName, dataName] = names as [Canary, Canary, Canary];
  const root = newFolder();
  const made = {
    data: path.join(root, dataName.value),
    temp: path.join(root, 'temp'),
    home: path.join(root, 'home'),
  };
  mkdirSync(made.temp);
  mkdirSync(made.home);
  return {
    ...planted,
    ...made,
    source: writeExport(tables, path.join(root, sourceName.value)),
    secret,
    key,
    settings: names,
    connection: connection.value,
  };
}

/** Searches by what may stand where. */
export interface Searches {
  /** What nobody may read but the API: every value and the secret. For the data folder, a result, a folder of others. */
  readonly closed: Search;
  /** The same, but for the codes that a steward has to pair: for their screen. */
  readonly screen: Search;
  /** Everything, names that the steward chose included: for what goes to support. */
  readonly support: Search;
}

/** Every workplace has the same canaries, and putting the search together takes as long as a search. */
let known: { readonly all: string; readonly search: Search } | undefined;

export function searchesOf({ canaries, codes, secret, key, settings }: Workplace): Searches {
  const everything = [...canaries, ...codes, secret, key, ...settings];
  const all = everything.map(({ value }) => value).join('\n');
  if (known?.all !== all) known = { all, search: createSearch(everything) };
  const { search } = known;
  const own = [key, ...settings].map(({ value }) => value);
  const ownAndCodes = [...own, ...codes.map(({ value }) => value)];
  return {
    closed: (places) => search(places, own),
    screen: (places) => search(places, ownAndCodes),
    support: (places) => search(places),
  };
}

/** The command line of a child as any account of the machine can read it, and the names of its threads. */
function seenByOthers({ child }: Running): string[] {
  try {
    const process = `/proc/${child.pid}`;
    const threads = readdirSync(`${process}/task`).map((thread) =>
      readFileSync(`${process}/task/${thread}/comm`, 'latin1'),
    );
    return [readFileSync(`${process}/cmdline`, 'latin1'), ...threads];
  } catch {
    // Not on this system, or over already.
    return [];
  }
}

/** Starts `rollbook` with this workplace as its only home. */
export const startAt = (place: Workplace, args: readonly string[], input?: string): Running =>
  start(args, {
    ...(input === undefined ? {} : { input }),
    data: place.data,
    secret: place.secret.value,
    cwd: place.home,
    env: {
      HOME: place.home,
      USERPROFILE: place.home,
      TMPDIR: place.temp,
      TEMP: place.temp,
      TMP: place.temp,
      XDG_CACHE_HOME: place.home,
      XDG_CONFIG_HOME: place.home,
      XDG_DATA_HOME: place.home,
      XDG_STATE_HOME: place.home,
    },
  });

/** Runs it to its end. @returns what it said, and every place where others could have looked on */
export async function runAt(
  place: Workplace,
  args: readonly string[],
  input?: string,
): Promise<{ readonly ran: Ran; readonly screen: readonly Place[]; readonly others: readonly Place[] }> {
  const running = startAt(place, args, input);
  const seen = new Set<string>();
  const look = setInterval(() => {
    for (const text of seenByOthers(running)) seen.add(text);
  }, 50);
  const ran = await running.ended;
  clearInterval(look);
  const name = args.slice(0, 2).join(' ');
  return {
    ran,
    screen: [textPlace(`stdout of ${name}`, ran.stdout), textPlace(`stderr of ${name}`, ran.stderr)],
    others: [
      textPlace(`process of ${name}`, [...seen].join('\n')),
      ...placesIn(place.temp, 'temporary folder'),
      ...placesIn(place.home, 'home'),
    ],
  };
}

/** What the log and a bundle are made of, below a data folder. */
export const logPlaces = (data: string): Place[] =>
  readdirSync(data).includes('logs') ? [...placesIn(path.join(data, 'logs'), 'logs')] : [];

/** Hits in few words, for a failed test: one for each stretch of a place, the most telling of those that overlap there. */
export function told(hits: readonly Hit[]): string[] {
  const rank = ({ form, from }: Hit): number => (from === '?' ? 2 : form.startsWith('piece') ? 1 : 0);
  const lines = new Map<string, Hit>();
  for (const hit of hits) {
    const stretch = `${hit.place} ${hit.layers} ${Math.round(hit.at / 40)}`;
    const before = lines.get(stretch);
    if (before === undefined || rank(hit) < rank(before)) lines.set(stretch, hit);
  }
  return [...lines.values()]
    .slice(0, 20)
    .map((hit) => `${hit.place} (${hit.layers || 'as it is'}): ${hit.from}, ${hit.form}: ${hit.around}`);
}

const NONCE_AND_TAG = 28;

/** Everything sealed in a data folder's ledger, opened with its own key: what the ledger does know. */
export function opened(data: string): string {
  const seal = createSeal(Buffer.from(readFileSync(path.join(data, 'ledger.key'), 'utf8'), 'base64'));
  const texts: string[] = [];
  for (const bytes of bytesOfCells(path.join(data, 'ledger.db'))) {
    if (bytes.length <= NONCE_AND_TAG) continue;
    for (const purpose of ['body', 'detail', 'frozen', 'value']) {
      try {
        texts.push(seal.open(purpose, bytes));
      } catch {
        // Sealed for another purpose, or not at all.
      }
    }
  }
  return texts.join('\n');
}
