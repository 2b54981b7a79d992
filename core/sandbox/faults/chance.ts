/** Chance that depends on nothing but what it is asked about, so that a run can be repeated. */

function scramble(value: number): number {
  let hash = value | 0;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return hash ^ (hash >>> 16);
}

/** Which decision about a request is drawn. */
export type Draw = 'strike' | 'jitter';

/**
 * @param seed of the plan
 * @param rule its place in the plan, from 0
 * @param request its number among those that the rule is about
 * @returns evenly spread in [0, 1)
 */
export function chance(seed: number, rule: number, request: number, draw: Draw): number {
  let hash = scramble(seed ^ 0x2545f491);
  hash = scramble(hash + Math.imul(rule + 1, 0x9e3779b1));
  hash = scramble(hash ^ Math.imul(request + 1, 0x85ebca77));
  hash = scramble(hash + (draw === 'strike' ? 0x27d4eb2f : 0x165667b1));
  return (hash >>> 0) / 2 ** 32;
}
