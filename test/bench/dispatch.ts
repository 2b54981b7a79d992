import { fork } from 'node:child_process';
import http from 'node:http';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { createClient } from '../../core/edfi/client.ts';
import { Kind } from '../../core/ledger/pending.ts';
import { dispatch } from '../../core/sync/dispatch.ts';
import { OperationState } from '../../core/sync/operations.ts';
import type { Figure } from './figure.ts';
import { planFixture } from './plan-fixture.ts';

const LATENCY_MS = 50;
const RECORDS = 5_000;

/** The server's own time for a write, as a bare keep-alive connection sees it: the median of 40, one after the other. */
async function latencyOf(port: number): Promise<number> {
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

/** 5,000 records of several resources to a server that answers in 50 ms, against connections ÷ latency. */
export async function dispatchAgainstLatency(folder: string, connections: number): Promise<Figure> {
  const server = fork(fileURLToPath(new URL('./latency-server.ts', import.meta.url)), [String(LATENCY_MS)]);
  const port = await new Promise<number>((resolve) => server.once('message', (message) => resolve(Number(message))));
  const fixture = await planFixture(path.join(folder, `dispatch-${connections}`), 300);
  const client = createClient({
    url: `http://127.0.0.1:${port}`,
    key: 'k',
    secret: () => 's',
    maxConnections: connections,
  });
  try {
    fixture.ledger.begin();
    const { plan } = await fixture.plan();
    fixture.ledger.commit();
    // Exactly this many go: the rest of the district stays behind.
    let chosen = 0;
    for (let op = 0; op < plan.operations.count; op++) {
      if (plan.operations.state(op) !== OperationState.waiting || plan.operations.kind(op) !== Kind.create) continue;
      chosen += 1;
      if (chosen > RECORDS) plan.operations.setState(op, OperationState.blocked);
    }
    await client.signIn();
    const latency = await latencyOf(port);
    const started = performance.now();
    await dispatch({
      plan,
      ledger: fixture.ledger,
      batchId: 1,
      model: fixture.model,
      order: fixture.order,
      sender: client,
      line: client,
      find: async () => undefined,
      concurrency: connections,
      maxConnections: connections,
      optimum: undefined,
      now: Date.now,
      patienceMs: 1_000,
      onProgress: () => undefined,
      onWaiting: () => undefined,
      signal: undefined,
    });
    const value = RECORDS / ((performance.now() - started) / 1000);
    const limit = connections / (latency / 1000);
    return {
      figure: `sending: 5,000 records to a server that answers in 50 ms (${latency.toFixed(1)} ms to a bare connection), ${connections} connections`,
      value,
      unit: 'records/s',
      limit,
      ratio: value / limit,
      aim: 'at least 0.95',
    };
  } finally {
    await client.close();
    fixture.ledger.close();
    server.disconnect();
  }
}
