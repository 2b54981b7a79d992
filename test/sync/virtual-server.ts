/**
 * A limiter before the practice API's own model of a capacity, in virtual time: each request is taken in, waits and is
 * answered as it would be there, and nothing depends on how fast this machine is.
 */
import { createCapacity } from '../../core/sandbox/faults/capacity.ts';
import { chance } from '../../core/sandbox/faults/chance.ts';
import type { FaultOf } from '../../core/sandbox/faults/plan.ts';
import type { Limiter } from '../../core/sync/concurrency.ts';

export interface VirtualServer {
  readonly capacity: Omit<FaultOf<'capacity'>, 'kind'>;
  /** Exponential jitter of the network, as a share of the server's own time; 0 unless told. */
  readonly jitter?: number;
  readonly seed?: number;
  /** What each request costs beside the others, by turns of 150; one kind of cost 1 unless told. */
  readonly kinds?: readonly number[];
  /** From so many requests on each costs so many times as much, however many are under way; in order, the last that is past. */
  readonly slowsDown?: readonly { readonly afterRequests: number; readonly by: number }[];
}

export interface Ran {
  /** When each request was answered that was not refused, in milliseconds. */
  readonly ends: readonly number[];
  /** The limit at each of these. */
  readonly limits: readonly number[];
  readonly refused: number;
}

interface Flight {
  readonly begun: number;
  readonly end: number;
  readonly active: number;
  readonly kind: number;
  readonly isRefused: boolean;
}

/** Sends until so many are answered, always as many at once as the limiter lets. */
export function run(server: VirtualServer, limiter: Limiter, requests: number): Ran {
  const { jitter = 0, seed = 1, kinds = [1], slowsDown = [] } = server;
  const capacity = createCapacity({ kind: 'capacity', ...server.capacity });
  const flights: Flight[] = [];
  const ends: number[] = [];
  const limits: number[] = [];
  let refused = 0;
  let sent = 0;
  let now = 0;
  while (ends.length < requests) {
    while (flights.length < limiter.limit) {
      sent += 1;
      const kind = Math.floor(sent / 150) % kinds.length;
      const service = capacity.enter(sent, now / 1000);
      const slower = slowsDown.findLast(({ afterRequests }) => sent > afterRequests)?.by ?? 1;
      const cost = (kinds[kind] as number) * slower;
      const network = -Math.log(1 - chance(seed, 0, sent, 'jitter')) * jitter * server.capacity.ms;
      const ms = service.kind === 'served' ? service.ms * cost + network : 2;
      const active = flights.length + 1;
      flights.push({ begun: now, end: now + ms, active, kind, isRefused: service.kind === 'refused' });
    }
    const next = flights.reduce((first, flight) => (flight.end < first.end ? flight : first));
    flights.splice(flights.indexOf(next), 1);
    now = next.end;
    const { begun, active, kind, isRefused } = next;
    limiter.heard({
      begun,
      ms: now - begun,
      active,
      kind: String(kind),
      how: isRefused ? 'pushed-back' : 'answered',
    });
    if (isRefused) {
      refused += 1;
    } else {
      ends.push(now);
      limits.push(limiter.limit);
    }
  }
  return { ends, limits, refused };
}

/** Answers a second, from one (exclusive) to another. */
export const rateOf = ({ ends }: Ran, from: number, to: number): number =>
  ((to - from) / ((ends[to - 1] as number) - (ends[from - 1] as number))) * 1000;
