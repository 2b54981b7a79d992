/** When a rule of a fault plan strikes. */
import type { ApiRequest } from '../exchange.ts';
import { chance } from './chance.ts';
import type { Fault, FaultRule, Surface } from './plan.ts';

/** Which part of the API a path is of, wherever a tenant, an instance or a school year stands in it. */
export function surfaceOf(path: string): Surface {
  if (path.includes('/metadata')) return 'metadata';
  if (path.includes('/data/')) return 'data';
  return /\/oauth\/token\/?$/.test(path) ? 'token' : 'other';
}

function surfacesOf({ kind }: Fault): readonly Surface[] | undefined {
  switch (kind) {
    case 'shortTokens':
      return ['token'];
    case 'clock':
    case 'maintenance':
      return undefined;
    case 'latency':
    case 'capacity':
    case 'status':
    case 'conflict':
    case 'page':
    case 'drop':
    case 'half':
    case 'slow':
    case 'revoke':
      return ['data'];
  }
}

/** Reading conflicts with nobody, and what is deleted needs no unique value. */
const methodsOf = ({ kind }: Fault): readonly string[] | undefined =>
  kind === 'conflict' ? ['POST', 'PUT'] : undefined;

const happensOnce = ({ kind }: Fault): boolean => kind === 'revoke' || kind === 'maintenance';

export interface Trigger {
  /** Counts a request if the rule is about it, and returns its number; undefined where the rule is not. */
  see(surface: Surface, request: Pick<ApiRequest, 'method' | 'path'>): number | undefined;
  /** Whether the fault is to strike the request of this number, `seconds` after the plan came into force. */
  strikes(number: number, seconds: number): boolean;
  /** It did, which counts towards `times`. */
  struck(): void;
}

/** @param index the rule's place in the plan, from 0 */
export function createTrigger(seed: number, index: number, { fault, when = {} }: FaultRule): Trigger {
  const surfaces = when.on ?? surfacesOf(fault);
  const methods: readonly string[] | undefined = when.methods ?? methodsOf(fault);
  // A resource is two whole segments of the path; what follows may be an id, `deletes` or nothing.
  const resources = when.resources?.map((resource) => `/${resource}/`);
  const share = when.share ?? 1;
  const first = when.from ?? (when.after ?? 0) + 1;
  const last = when.to ?? Number.POSITIVE_INFINITY;
  const every = when.every ?? 1;
  const opens = when.fromSeconds ?? 0;
  const closes = when.toSeconds ?? Number.POSITIVE_INFINITY;
  let left = when.times ?? (happensOnce(fault) ? 1 : Number.POSITIVE_INFINITY);
  let seen = 0;

  return {
    see: (surface, { method, path }) => {
      if (surfaces !== undefined && !surfaces.includes(surface)) return undefined;
      if (methods !== undefined && !methods.includes(method)) return undefined;
      if (resources !== undefined && !resources.some((resource) => `${path}/`.includes(resource))) return undefined;
      seen += 1;
      return seen;
    },
    strikes: (number, seconds) =>
      left > 0 &&
      number >= first &&
      number <= last &&
      // The last of each group: `every: 3` strikes the third, the sixth …
      (number - first + 1) % every === 0 &&
      seconds >= opens &&
      seconds < closes &&
      (share === 1 || chance(seed, index, number, 'strike') < share),
    struck: () => {
      left -= 1;
    },
  };
}
