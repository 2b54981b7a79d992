/** The number of connections that `auto` finds, against the best fixed one, on servers of a capacity that nobody told it. */
import path from 'node:path';
import type { FaultOf } from '../../core/sandbox/faults/plan.ts';
import type { Concurrency } from '../../core/sync/concurrency.ts';
import type { Figure } from './figure.ts';
import { sendDistrict, startLatencyServer } from './sending.ts';

const MOST = 64;
/** `auto` is judged from so many requests on, after the beginning or after the capacity moved. */
const SETTLES_IN = 200;

interface Case {
  readonly words: string;
  readonly capacity: FaultOf<'capacity'>;
  readonly records: number;
  /** The last move. */
  readonly movesAt: number;
  /** The capacity in the end. */
  readonly knee: number;
}

const still = (knee: number, ms: number, records: number): Case => ({
  words: `${knee} at once`,
  capacity: { kind: 'capacity', concurrent: knee, ms, drag: 0.05 },
  records,
  movesAt: 0,
  knee,
});
const moving = (from: number, to: number, ms: number, movesAt: number, records: number): Case => ({
  words: `${from} at once, after ${movesAt} requests ${to}`,
  capacity: { kind: 'capacity', concurrent: from, ms, drag: 0.05, moves: [{ concurrent: to, afterRequests: movesAt }] },
  records,
  movesAt,
  knee: to,
});
const CASES: readonly Case[] = [
  still(6, 40, 1_000),
  still(20, 60, 1_600),
  still(60, 80, 2_400),
  moving(6, 60, 60, 500, 2_000),
  moving(60, 6, 40, 800, 1_800),
];

/** @returns records a second of one way to send, once it had its time to settle and before it runs dry */
async function rateOf(folder: string, one: Case, concurrency: Concurrency): Promise<number> {
  const server = await startLatencyServer(one.capacity.ms, one.capacity);
  try {
    const place = path.join(folder, `capacity-${one.words}-${concurrency}`);
    const { ends } = await sendDistrict(place, server.port, 150, concurrency, MOST, one.records);
    const from = one.movesAt + SETTLES_IN;
    const to = ends.length - one.knee;
    return ((to - from) / ((ends[to - 1] as number) - (ends[from - 1] as number))) * 1000;
  } finally {
    server.stop();
  }
}

export async function* capacityFigures(folder: string): AsyncGenerator<Figure> {
  for (const one of CASES) {
    let limit = 0;
    let best = 0;
    for (const share of [1, 1.25, 1.6]) {
      const connections = Math.min(MOST, Math.round(one.knee * share));
      if (connections === best) continue;
      const rate = await rateOf(folder, one, connections);
      if (rate <= limit) continue;
      limit = rate;
      best = connections;
    }
    const value = await rateOf(folder, one, 'auto');
    yield {
      figure: `connections by themselves: a server that can do ${one.words}, after ${SETTLES_IN} requests, against the best fixed number (${best})`,
      value,
      unit: 'records/s',
      limit,
      ratio: value / limit,
      aim: 'at least 0.90',
    };
  }
}
