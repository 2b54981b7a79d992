import path from 'node:path';
import type { Figure } from './figure.ts';
import { latencyOf, sendDistrict, startLatencyServer } from './sending.ts';

const LATENCY_MS = 50;
const RECORDS = 5_000;

/** 5,000 records of several resources to a server that answers in 50 ms, against connections ÷ latency. */
export async function dispatchAgainstLatency(folder: string, connections: number): Promise<Figure> {
  const server = await startLatencyServer(LATENCY_MS);
  try {
    const latency = await latencyOf(server.port);
    const place = path.join(folder, `dispatch-${connections}`);
    const { ms } = await sendDistrict(place, server.port, 300, connections, connections, RECORDS);
    const value = RECORDS / (ms / 1000);
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
    server.stop();
  }
}
