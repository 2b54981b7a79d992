/** What a steward sees first: how each connection stands, and what to do next. */
import type { Profile } from './connections/profile.ts';
import type {
  BatchView,
  CommandName,
  CommandOutput,
  OverviewView,
  ParsedInput,
  ScheduleView,
} from './contract/schemas.ts';
import { batchView } from './engine-history.ts';
import type { ConnectionRow, Ledger } from './ledger/ledger.ts';

type OverviewCommand = Extract<CommandName, `overview.${string}`>;
type Handlers = { [N in OverviewCommand]: (input: ParsedInput<N>) => Promise<CommandOutput<N>> };

export interface OverviewInput {
  readonly ledger: Ledger;
  readonly profileOf: (row: ConnectionRow) => Profile;
  readonly scheduleOf: (row: ConnectionRow) => ScheduleView;
  /** The connection whose batch runs now. */
  readonly running: () => string | undefined;
  /** Whether its secret can be had without asking. */
  readonly hasSecret: (row: ConnectionRow) => boolean;
  readonly now: () => number;
}

const DAYS = 14;
/** Enough for fourteen days of a batch every five minutes. */
const MOST_BATCHES = 14 * 24 * 12;
/** A key that is older than a year is worth a thought. */
const OLD_KEY_MS = 365 * 86_400_000;

/** `2026-11-21`, by this workstation's clock. */
const dayOf = (at: number): string => {
  const date = new Date(at);
  const two = (part: number): string => String(part).padStart(2, '0');
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
};

export function createOverviewRoom(input: OverviewInput): { readonly handlers: Handlers } {
  const { ledger, now } = input;

  const daysOf = (batches: readonly BatchView[]): OverviewView['days'] => {
    const days = new Map<string, OverviewView['days'][number]>();
    for (let back = DAYS - 1; back >= 0; back--) {
      const noon = new Date(now());
      noon.setHours(12, 0, 0, 0);
      noon.setDate(noon.getDate() - back);
      const date = dayOf(noon.getTime());
      days.set(date, { date, batches: 0, created: 0, updated: 0, deleted: 0, failed: 0, held: 0, rejected: 0 });
    }
    // The newest comes first: what is held and rejected is a state, which the day's last batch tells.
    const told = new Set<string>();
    for (const { startedAt, account } of batches) {
      const date = dayOf(startedAt);
      const day = days.get(date);
      if (day === undefined || account === null) continue;
      day.batches += 1;
      day.created += account.created;
      day.updated += account.updated;
      day.deleted += account.deleted;
      if (told.has(date)) continue;
      told.add(date);
      day.failed = account.failed;
      day.held = account.held;
      day.rejected = account.rejected;
    }
    return [...days.values()];
  };

  const view = (row: ConnectionRow): OverviewView => {
    const profile = input.profileOf(row);
    const schedule = input.scheduleOf(row);
    const batches = ledger.batches(row.id, Number.MAX_SAFE_INTEGER, MOST_BATCHES).map(batchView);
    const last = batches[0] ?? null;
    const days = daysOf(batches);
    const today = days.at(-1);
    const { open } = ledger.problems.counts(row.id);
    const next: OverviewView['next'][number][] = [];
    const add = (kind: OverviewView['next'][number]['kind'], count: number | null = null): void =>
      void next.push({ kind, count });
    if (!input.hasSecret(row)) add('secret-missing');
    if (profile.source === undefined) add('choose-source');
    if (last?.state === 'waiting') add('approve-plan');
    if (last?.state === 'stopped' || (last?.state === 'sending' && input.running() !== row.name)) add('resume');
    if (profile.source !== undefined && last === null) add('first-sync');
    const unpaired = ledger.problems
      .groups(row.id, { limit: 500 })
      .filter(({ code }) => code === 'descriptor-unmapped').length;
    if (unpaired > 0) add('map-codes', unpaired);
    if (open.causes > unpaired) add('fix-problems', open.causes - unpaired);
    const lookAgain = profile.startingPoint?.lookAgain.length ?? 0;
    if (lookAgain > 0) add('look-again', lookAgain);
    if (now() - (profile.keySince ?? row.createdAt) > OLD_KEY_MS) add('rotate-key');
    return {
      connection: row.name,
      health: healthOf(row, last, next, open.causes),
      last,
      schedule,
      today: {
        changed: (today?.created ?? 0) + (today?.updated ?? 0) + (today?.deleted ?? 0),
        confirmed: ledger.confirmedCount(row.id),
        held: open.held,
        failed: today?.failed ?? 0,
      },
      days,
      open,
      next,
    };
  };

  const healthOf = (
    row: ConnectionRow,
    last: BatchView | null,
    next: OverviewView['next'],
    causes: number,
  ): OverviewView['health'] => {
    if (input.running() === row.name) return 'running';
    if (last === null) return 'never-sent';
    if (last.state === 'waiting') return 'waiting';
    const urgent = next.some(({ kind }) => kind === 'secret-missing' || kind === 'resume');
    return urgent || causes > 0 ? 'needs-you' : 'healthy';
  };

  return { handlers: { 'overview.show': async () => ledger.connections().map(view) } };
}
