/** The engine's handling of settings: what was chosen for the whole of Rollbook, and ours where nothing was. */
import { certificatesIn, describeCertificate } from './connections/certificates.ts';
import {
  type CommandName,
  type CommandOutput,
  type ParsedInput,
  type Settings,
  settingsSchema,
} from './contract/schemas.ts';
import type { ClientOptions } from './edfi/client.ts';
import { Failure } from './errors/failure.ts';
import type { Ledger } from './ledger/ledger.ts';
import type { EventLog, EventOf } from './support/events.ts';

type SettingsCommand = Extract<CommandName, `settings.${string}`>;
type Handlers = { [N in SettingsCommand]: (input: ParsedInput<N>) => Promise<CommandOutput<N>> };
type Key = keyof Settings;

export interface SettingsInput {
  readonly ledger: Ledger;
  /** Sockets to one API at most. */
  readonly maxConnections: number;
  readonly events: Pick<EventLog, 'write' | 'retain'>;
}

const DEFAULTS: Settings = {
  problemDays: 365,
  logDays: 30,
  logMegabytes: 20,
  concurrency: 'auto',
  proxy: '',
  ca: [],
  systemCertificates: true,
};

/** What each is called in the log. */
const LOGGED: { readonly [K in Key]: EventOf<'setting.changed'>['setting'] } = {
  problemDays: 'problem-retention',
  logDays: 'retention-days',
  logMegabytes: 'retention-megabytes',
  concurrency: 'concurrency',
  proxy: 'proxy',
  ca: 'certificates',
  systemCertificates: 'certificates',
};

/** What each can be, for who gave something else. */
const RULES: { readonly [K in Key]: string } = {
  problemDays: 'Problems that are over are kept for a whole number of days, from 1 to 3650.',
  logDays: 'The log for support is kept for a whole number of days, from 1 to 3650.',
  logMegabytes: 'The log for support may take a whole number of megabytes, from 1 to 1000.',
  concurrency: 'Connections at once are auto, or a whole number from 1 on.',
  proxy:
    'The address of a proxy is one like http://proxy.district.org:8080, with nothing behind the port. Leave it empty for the one that this computer names in its environment, if any.',
  ca: 'Certificates are given as texts, each of a PEM file.',
  systemCertificates: "Whether this computer's own certificates are trusted is yes or no.",
};

const keys = Object.keys(DEFAULTS) as Key[];
const isKey = (name: string): name is Key => Object.hasOwn(DEFAULTS, name);
/** Certificates of a district's own; a whole store of public ones is no choice of a district. */
const MOST_CERTIFICATES = 50;

/** @param name of a setting @returns the sentence on what it can be; undefined for what is no setting */
export const settingRule = (name: string): string | undefined => (isKey(name) ? RULES[name] : undefined);

function readOne<K extends Key>(ledger: Ledger, key: K): Settings[K] {
  const kept = ledger.setting(key);
  if (kept === undefined) return DEFAULTS[key];
  const parsed = settingsSchema.shape[key].safeParse(JSON.parse(kept));
  return parsed.success ? (parsed.data as Settings[K]) : DEFAULTS[key];
}

/** @returns the steward's settings, and ours where nothing was chosen */
export const readSettings = (ledger: Ledger): Settings => ({
  problemDays: readOne(ledger, 'problemDays'),
  logDays: readOne(ledger, 'logDays'),
  logMegabytes: readOne(ledger, 'logMegabytes'),
  concurrency: readOne(ledger, 'concurrency'),
  proxy: readOne(ledger, 'proxy'),
  ca: readOne(ledger, 'ca'),
  systemCertificates: readOne(ledger, 'systemCertificates'),
});

/** How every API is reached, whichever the connection. */
export type Network = Required<Pick<ClientOptions, 'proxy' | 'ca' | 'systemCertificates'>>;

/** @returns how every API is reached, as it is chosen now */
export function readNetwork(ledger: Ledger): Network {
  const { proxy, ca, systemCertificates } = readSettings(ledger);
  return { proxy, ca, systemCertificates };
}

/** @throws Failure `usage` for what is no address of a proxy */
function proxyIn(given: string): string {
  const text = given.trim();
  if (text === '') return '';
  const whole = text.includes('://') ? text : `http://${text}`;
  const url = URL.canParse(whole) ? new URL(whole) : undefined;
  if (url?.protocol !== 'http:' && url?.protocol !== 'https:') throw new Failure('usage', RULES.proxy);
  if (url.username !== '' || url.password !== '') {
    throw new Failure(
      'usage',
      'The address of a proxy must not hold a name or a password, which would lie open in the settings. Ask your network administrator for a way without, or have the address put into HTTPS_PROXY on this computer.',
    );
  }
  if (url.pathname !== '/' || url.search !== '' || url.hash !== '') throw new Failure('usage', RULES.proxy);
  return url.origin;
}

/** @throws Failure `usage` for what is no certificate */
function authoritiesIn(given: readonly string[]): string[] {
  const found = [...new Set(certificatesIn(given))];
  if (found.length <= MOST_CERTIFICATES) return found;
  throw new Failure(
    'usage',
    `There are more than ${MOST_CERTIFICATES} certificates: give those of your district's own authority alone.`,
  );
}

export function createSettingsRoom(input: SettingsInput): { readonly handlers: Handlers } {
  const { ledger, events } = input;

  /** As they are kept. @throws Failure for what cannot be */
  const checked = (given: ParsedInput<'settings.change'>): ParsedInput<'settings.change'> => {
    const { concurrency } = given;
    if (typeof concurrency === 'number' && concurrency > input.maxConnections) {
      throw new Failure(
        'usage',
        `Rollbook opens ${input.maxConnections} connections to an API at once at most: choose auto, or a number up to that.`,
      );
    }
    return {
      ...given,
      ...(given.proxy === undefined ? {} : { proxy: proxyIn(given.proxy) }),
      ...(given.ca === undefined ? {} : { ca: authoritiesIn(given.ca) }),
    };
  };

  return {
    handlers: {
      'settings.show': async () => readSettings(ledger),
      'settings.certificates': async () => readSettings(ledger).ca.map(describeCertificate),
      'settings.change': async (given) => {
        const next = checked(given);
        const before = readSettings(ledger);
        const changed = keys.filter(
          (key) => next[key] !== undefined && JSON.stringify(next[key]) !== JSON.stringify(before[key]),
        );
        ledger.transaction(() => {
          for (const key of changed) ledger.setSetting(key, JSON.stringify(next[key]));
        });
        const after = readSettings(ledger);
        events.retain(after.logDays, after.logMegabytes);
        for (const setting of new Set(changed.map((key) => LOGGED[key]))) {
          events.write({ type: 'setting.changed', setting });
        }
        return after;
      },
    },
  };
}
