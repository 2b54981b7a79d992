/** What the figures about sending share: a server in a process of its own, and a planned district that is sent to it. */
import { fork } from 'node:child_process';
import http from 'node:http';
import { fileURLToPath } from 'node:url';
import { createClient } from '../../core/edfi/client.ts';
import { Kind } from '../../core/ledger/pending.ts';
import type { FaultOf } from '../../core/sandbox/faults/plan.ts';
import type { Concurrency } from '../../core/sync/concurrency.ts';
import { dispatch } from '../../core/sync/dispatch.ts';
import { OperationState } from '../../core/sync/operations.ts';
import type { Plan } from '../../core/sync/plan.ts';
import { planFixture } from './plan-fixture.ts';

export interface LatencyServer {
  readonly port: number;
  stop(): void;
}

/** @param capacity what it can do at once; everything unless told */
export async function startLatencyServer(ms: number, capacity?: FaultOf<'capacity'>): Promise<LatencyServer> {
  const args = [String(ms), ...(capacity === undefined ? [] : [JSON.stringify(capacity)])];
  const server = fork(fileURLToPath(new URL('./latency-server.ts', import.meta.url)), args);
  const port = await new Promise<number>((resolve) => server.once('message', (message) => resolve(Number(message))));
  return { port, stop: () => server.disconnect() };
}

/** The server's own time for a write, as a bare keep-alive connection sees it: the median of 40, one after the other. */
export async function latencyOf(port: number): Promise<number> {
  const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
  const times: number[] = [];
  for (let i = 0; i < 40; i++) {
    const started = performance.now();
    await new Promise<void>((resolve, reject) => {
      const request = http.request(
        { port, host: '127.0.0.1', method: 'POST', path: '/data/v3/bare', agent },
        (response) => {
          response.resume();
          response.on('end', resolve);
        },
      );
      request.on('error', reject);
      request.end('{}');
    });
    times.push(performance.now() - started);
  }
  agent.destroy();
  return times.sort((a, b) => a - b)[20] as number;
}

export interface SentPlan {
  readonly plan: Plan;
  readonly ms: number;
  /** When each answer came, in milliseconds since the first was sent. */
  readonly ends: readonly number[];
}

/**
 * Plans a district and sends it.
 * @param records so many creates at most; the rest of the district stays behind
 * @param before is shown the plan before anything of it is sent
 */
export async function sendDistrict(
  folder: string,
  port: number,
  students: number,
  concurrency: Concurrency,
  maxConnections: number,
  records = Number.POSITIVE_INFINITY,
  before: (plan: Plan) => void = () => undefined,
): Promise<SentPlan> {
  const fixture = await planFixture(folder, students);
  const client = createClient({ url: `http://127.0.0.1:${port}`, key: 'k', secret: () => 's', maxConnections });
  try {
    fixture.ledger.begin();
    const { plan } = await fixture.plan();
    fixture.ledger.commit();
    let chosen = 0;
    for (let op = 0; op < plan.operations.count; op++) {
      if (plan.operations.state(op) !== OperationState.waiting || plan.operations.kind(op) !== Kind.create) continue;
      chosen += 1;
      if (chosen > records) plan.operations.setState(op, OperationState.blocked);
    }
    before(plan);
    await client.signIn();
    const ends: number[] = [];
    const started = performance.now();
    client.listen(({ begun, ms }) => void ends.push(begun + ms - started));
    await dispatch({
      plan,
      ledger: fixture.ledger,
      batchId: 1,
      model: fixture.model,
      order: fixture.order,
      sender: client,
      line: client,
      find: async () => undefined,
      item: async () => undefined,
      concurrency,
      maxConnections,
      optimum: undefined,
      now: Date.now,
      patienceMs: 1_000,
      onProgress: () => undefined,
      onWaiting: () => undefined,
      signal: undefined,
    });
    return { plan, ms: performance.now() - started, ends };
  } finally {
    await client.close();
    fixture.ledger.close();
  }
}
