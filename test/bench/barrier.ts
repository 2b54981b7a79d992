/** No barrier between levels: how long a whole district takes, against its longest chain or total ÷ connections. */
import path from 'node:path';
import { OperationState } from '../../core/sync/operations.ts';
import type { Plan } from '../../core/sync/plan.ts';
import type { Figure } from './figure.ts';
import { latencyOf, sendDistrict, startLatencyServer } from './sending.ts';

const LATENCY_MS = 50;
const STUDENTS = 120;

/** @returns records to send, and how many of them wait for each other at most */
function sizeOf({ operations }: Plan): { total: number; chain: number } {
  const heights = operations.heights();
  let total = 0;
  let chain = 0;
  for (let op = 0; op < operations.count; op++) {
    if (operations.state(op) !== OperationState.waiting) continue;
    total += 1;
    chain = Math.max(chain, (heights[op] as number) + 1);
  }
  return { total, chain };
}

export async function wholeDistrict(folder: string, connections: number): Promise<Figure> {
  const server = await startLatencyServer(LATENCY_MS);
  try {
    const latency = await latencyOf(server.port);
    let size = { total: 0, chain: 0 };
    const place = path.join(folder, `barrier-${connections}`);
    const { ms } = await sendDistrict(place, server.port, STUDENTS, connections, connections, undefined, (plan) => {
      size = sizeOf(plan);
    });
    const limit = (Math.max(size.chain, size.total / connections) * latency) / 1000;
    return {
      figure: `no barrier: ${size.total} records of a whole district (${size.chain} wait for each other), ${connections} connections, against the longest chain or total ÷ connections`,
      value: ms / 1000,
      unit: 's',
      limit,
      ratio: ms / 1000 / limit,
      aim: 'at most 1.05',
    };
  } finally {
    server.stop();
  }
}
