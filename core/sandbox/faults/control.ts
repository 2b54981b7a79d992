/**
 * `/__control/…`: faults and counts of a practice API over HTTP, for programs in other processes. It is there only where
 * it was switched on, and is itself spared by the faults.
 */
import { isFailure } from '../../errors/failure.ts';
import { type ApiRequest, type ApiResponse, json } from '../exchange.ts';
import type { RequestCounts } from '../options.ts';
import type { Effects } from './effects.ts';
import type { FaultPlan } from './plan.ts';
import type { Faults } from './weather.ts';

const PREFIX = '/__control/';
export const isControl = (path: string): boolean => path.startsWith(PREFIX);

type Asked = Pick<ApiRequest, 'method' | 'path' | 'body'>;

const refused = (status: number, error: string): ApiResponse => ({ status, body: JSON.stringify({ error }) });

/** @returns what answers the requests below `/__control/` */
export function controlOf(
  faults: Faults,
  requests: () => RequestCounts,
  effects: Effects,
): (request: Asked) => ApiResponse {
  const inForce = (): ApiResponse => json({ plan: faults.plan() ?? null, counts: faults.counts() });
  const ofFaults = ({ method, body }: Asked): ApiResponse => {
    switch (method) {
      case 'GET':
        return inForce();
      case 'PUT':
        try {
          // `set` checks what it is given.
          faults.set(JSON.parse(body) as FaultPlan);
          return inForce();
        } catch (thrown) {
          return refused(400, isFailure(thrown) ? thrown.message : 'The fault plan is not JSON; correct it.');
        }
      case 'DELETE':
        faults.clear();
        return { status: 204 };
      default:
        return refused(405, 'Only GET, PUT and DELETE are supported here.');
    }
  };
  return (request) => {
    switch (request.path.slice(PREFIX.length)) {
      case 'faults':
        return ofFaults(request);
      case 'requests':
        return request.method === 'GET'
          ? json({ requests: requests(), statuses: effects.statuses(), writes: effects.writes() })
          : refused(405, 'Only GET is supported here.');
      default:
        return refused(404, 'There is nothing here; try /__control/faults or /__control/requests.');
    }
  };
}
