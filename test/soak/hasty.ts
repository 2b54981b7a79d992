/**
 * Days that nobody waits for: many answers are lost after the API took what was sent, and whatever a day's batch leaves
 * open, the next day's export comes, in which rows may have vanished, changed their keys or come back. Every few days the
 * weather is fair, and then the API has to equal the source.
 */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createClient } from '../../core/edfi/client.ts';
import { openLedger } from '../../core/ledger/ledger.ts';
import { frozenKey } from '../../core/ledger/pending.ts';
import { createSeal } from '../../core/ledger/seal.ts';
import type { FaultPlan } from '../../core/sandbox/faults/plan.ts';
import { startSandbox } from '../../core/sandbox/server.ts';
import { createHashes } from '../../core/sync/hashes.ts';
import { runSync, type SyncInput, type SyncOutcome } from '../../core/sync/sync.ts';
import { createWorld } from '../sync/expectation.ts';
import { PLAIN } from '../sync/plain.ts';
import { createDays, numbers } from './days.ts';

export interface HastyOptions {
  readonly days: number;
  readonly seed: number;
  readonly students: number;
  /** Days until the district is again what it was. */
  readonly period: number;
  /** Every so many days the weather is fair. */
  readonly fairEvery: number;
  /** Of the writes, whose answers are lost. */
  readonly lost: number;
  readonly say: (line: string) => void;
}

export interface HastyReport {
  /** Answers that were lost; batches that ended before all was sent. */
  readonly lost: number;
  readonly stopped: number;
}

const MOST_ROUNDS = 4;
const DAY_MS = 86_400_000;
const WRITES = ['POST', 'PUT', 'DELETE'] as const;

function storm(seed: number, lost: number): FaultPlan {
  const when = { methods: [...WRITES], share: lost };
  const seldom = { methods: [...WRITES], share: lost / 4 };
  return {
    seed,
    rules: [
      { when, fault: { kind: 'drop', moment: 'after' } },
      { when: seldom, fault: { kind: 'page', status: 500, moment: 'after' } },
      { when: seldom, fault: { kind: 'half' } },
      { when: seldom, fault: { kind: 'drop', moment: 'before' } },
      { when: { share: lost / 4 }, fault: { kind: 'conflict', as: 'non-unique-values' } },
      { when: { share: lost / 4 }, fault: { kind: 'conflict', as: 'multi-user-conflict' } },
    ],
  };
}

/** @returns what came of it @throws Error at the first fair day after which the API is not what the source is */
export async function liveHastily(options: HastyOptions): Promise<HastyReport> {
  const { seed, students, period, fairEvery, lost, say } = options;
  const home = mkdtempSync(path.join(tmpdir(), 'rollbook-hasty-'));
  const exports = path.join(home, 'exports');
  mkdirSync(exports);
  const random = numbers(seed * 31 + 7);
  const days = await createDays(exports, { students, seed, period });
  let skippedMs = 0;
  // Tokens end from one day to the next.
  const now = (): number => Date.now() + skippedMs;
  const api = await startSandbox({ now });
  const ledger = openLedger(path.join(home, 'data'), createSeal(Buffer.alloc(32, 7)));
  const connectionId = ledger.addConnection('here', '{}', 1).id;
  const hashes = createHashes(ledger.seal);
  const world = createWorld('5.2', { studentId: 'identifier' }, (resource, sourceId, property) => {
    const kept = ledger.pending.frozen(ledger.resourceId(connectionId, resource));
    return kept.get(frozenKey(hashes.source(resource, sourceId), property));
  });
  const batch = async (source: string, input: Partial<SyncInput>): Promise<SyncOutcome> => {
    const client = createClient({
      url: api.url,
      key: api.key,
      secret: () => api.secret,
      maxConnections: 8,
      retry: { attempts: 1 + Math.floor(random() * 2), baseMs: 1, capMs: 2, totalMs: 2_000 },
    });
    try {
      return await runSync({
        ...PLAIN,
        ledger,
        folder: path.join(home, 'data'),
        connectionId,
        client,
        maxConnections: 8,
        source,
        now,
        emit: () => undefined,
        signal: new AbortController().signal,
        ...input,
      });
    } finally {
      await client.close();
    }
  };
  const report = { lost: 0, stopped: 0 };
  try {
    for (let day = 0; day < options.days; day++, skippedMs += DAY_MS) {
      const { folder } = days.export(day);
      const isFair = day % fairEvery === fairEvery - 1;
      const expected = await world.expect(folder);
      const compare = () => world.compare(expected, (resource) => api.read(resource), true);
      const unsendable = [...expected.dropped.values()].reduce((sum, count) => sum + count, 0);
      if (!isFair) {
        api.faults.set(storm(seed * 1_000 + day, lost));
        const { state, account } = await batch(folder, { patienceMs: random() < 0.5 ? 0 : 2_000 });
        const { drop, page, half } = api.faults.counts();
        report.lost += drop + page + half;
        if (state === 'stopped') report.stopped += 1;
        api.faults.clear();
        compare();
        say(`day ${day}: ${state}, ${drop + page + half} lost; ${JSON.stringify(account)}`);
        continue;
      }
      for (let round = 1; ; round++) {
        const { state, account } = await batch(folder, { retry: true });
        const { differences, stuck } = compare();
        // What waits for something that may be at the API, and cannot be sent any more, waits, be it there or not.
        const waiting = account.rejected + account.held - unsendable;
        const missing = differences.filter((difference) => difference.endsWith(' is missing')).length;
        const isRight = missing === differences.length && missing <= Math.max(0, waiting);
        const isOver = state === 'done' && isRight;
        say(`day ${day}, batch ${round}: ${state}, stuck ${stuck}; ${JSON.stringify(account)}`);
        if (isOver) break;
        if (round < MOST_ROUNDS) continue;
        for (const { code, resource, records, held } of ledger.problems.groups(connectionId)) {
          say(`  ${code} of ${resource}: ${records}, held ${held}`);
        }
        throw new Error(`On day ${day} the API differs from the source (seed ${seed}): ${differences.join('\n')}`);
      }
    }
    return report;
  } finally {
    ledger.close();
    await api.close();
    rmSync(home, { recursive: true, force: true });
  }
}
