/** Seeded points to kill a process at, and what is looked at after each. */
import { setTimeout as wait } from 'node:timers/promises';
import { expect } from 'vitest';
import type { Heard } from '../sync/proxy.ts';
import type { ChildPoint, Stage } from './points.ts';
import { type Ended, runChild, type Task } from './process.ts';
import type { Chance } from './seeded.ts';
import { CONNECTIONS, sayItem, sayWrite, type World } from './world.ts';

/** Where a process is killed from outside: when the how many-th write arrives, is done, or is answered. */
interface WirePoint {
  readonly stage: 'wire';
  readonly step: number;
  readonly when: 'arrived' | 'done' | 'answered';
}
export type Point = ChildPoint | WirePoint;
export type AnyStage = Stage | 'wire';
/** How many steps each stage has. */
export type Steps = Readonly<Partial<Record<AnyStage, number>>>;

/**
 * @param stages of which one is chosen, of those that have steps
 * @param share points lie in the first part of a stage, so that some of it is left
 */
export function pointIn(luck: Chance, stages: readonly AnyStage[], steps: Steps, share = 1): Point {
  const stage = luck.of(stages.filter((one) => (steps[one] ?? 0) > 0));
  const step = 1 + luck.below(Math.max(1, Math.floor((steps[stage] ?? 1) * share)));
  if (stage === 'wire') return { stage, step, when: luck.of(['arrived', 'done', 'answered']) };
  // Half of them in the middle of a call: up to three milliseconds after it began.
  return { stage, step, delayUs: luck.next() < 0.5 ? 0 : Math.ceil(10 ** (luck.next() * 3.5)) };
}

/** Runs commands in a child to their end. @returns the steps of each stage, among which points are chosen */
export async function stepsOf(world: World, commands: Task['commands']): Promise<Steps> {
  const from = world.proxy.writes.length;
  const ended = await runChild(world.task(commands));
  expectWell(ended);
  return { ...ended.steps, wire: world.proxy.writes.length - from };
}

const expectWell = ({ answer, errors }: Ended): void => expect(answer, errors).toHaveProperty('ok');

/** Runs commands in a child, which dies at a point. @returns whether it did: it may have come to its end before */
export async function killAt(world: World, point: Point, commands: Task['commands']): Promise<boolean> {
  const { proxy } = world;
  const end = async (ended: Promise<Ended>): Promise<boolean> => {
    const { killed, ...rest } = await ended;
    if (!killed) expectWell({ killed, ...rest });
    // What was under way has arrived, or never will.
    await wait(20);
    return killed;
  };
  if (point.stage !== 'wire') return end(runChild(world.task(commands, point)));
  let writes = 0;
  try {
    return await end(
      runChild(world.task(commands), {
        onStart: (child) => {
          const see = (what: WirePoint['when']): void => {
            if (what !== point.when) return;
            writes += 1;
            if (writes === point.step) child.kill('SIGKILL');
          };
          proxy.answer = ({ resource, method }) => {
            if (resource !== undefined && method !== 'GET') see('arrived');
            return undefined;
          };
          proxy.onWrite = (_heard, what) => see(what);
        },
      }),
    );
  } finally {
    proxy.answer = () => undefined;
    proxy.onWrite = () => undefined;
  }
}

/**
 * Lets one batch die at several points, one after the other, and then come to its end.
 * @returns how many of the points were reached
 */
export async function dieAndFinish(world: World, points: readonly Point[]): Promise<number> {
  const known: Heard[] = [];
  let reached = 0;
  for (const point of points) {
    const from = world.proxy.writes.length;
    if (await killAt(world, point, [world.sync()])) reached += 1;
    const writes = world.proxy.writes.slice(from);
    const sent = new Set(writes.map(sayWrite));
    expect(known.map(sayWrite).filter((one) => sent.has(one))).toEqual([]);
    const confirmed = await world.knownTo(await world.remains(), from);
    // Done and not confirmed is only what was under way, or was answered in the same moment.
    const done = new Set(writes.filter(({ status = 500 }) => status < 300).map(sayItem));
    expect(done.size - confirmed.length).toBeLessThanOrEqual(2 * CONNECTIONS);
    known.push(...confirmed);
  }
  await world.finish(known);
  return reached;
}
