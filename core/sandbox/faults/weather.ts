/** Stands between the network and the practice API, and spoils what passes as the plan says. */
import type { ServerResponse } from 'node:http';
import type { ApiRequest, ApiResponse } from '../exchange.ts';
import type { Problem } from '../problems.ts';
import { conflictProblem } from './conflict.ts';
import { createForecast, type Decision, type FaultCounts, type Forecast } from './forecast.ts';
import type { Listener } from './listener.ts';
import { type FaultPlan, parseFaults } from './plan.ts';
import { refusalProblem } from './refusal.ts';
import { createShortTokens } from './tokens.ts';
import { drop, gatewayPage, sendHalf, sendSlowly } from './wire.ts';

/** The faults of a practice API that runs. */
export interface Faults {
  /** How often each kind struck since the plan came into force; a window of maintenance or revocation counts once. */
  counts(): FaultCounts;
  /** The plan in force. */
  plan(): FaultPlan | undefined;
  /**
   * Puts another plan in force: numbers of requests, seconds and counts begin anew.
   * @throws Failure usage, where it is none
   */
  set(plan: FaultPlan): void;
  /** No more faults; a window of maintenance ends, requests that are delayed stay so. */
  clear(): void;
}

/** How the weather reaches the practice API. */
export interface Ground {
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** The answer of the API, and what it does to the items. */
  readonly answer: (request: ApiRequest) => ApiResponse;
  readonly refuse: (problem: Problem) => ApiResponse;
  readonly send: (outgoing: ServerResponse, response: ApiResponse) => void;
  /** A token that must not hold any more; all of them where none is named. */
  readonly revoke: (token?: string) => void;
}

export interface Weather {
  readonly faults: Faults;
  /** No plan is in force: requests need not pass through `handle`. */
  readonly isCalm: boolean;
  /** The clock of the practice API, right or wrong. */
  readonly now: () => number;
  handle(request: ApiRequest, outgoing: ServerResponse): void;
  /** From when on there is a door to shut. */
  listen(listener: Listener): void;
  stop(): void;
}

/** @throws Failure usage, where the plan is none */
export function createWeather(given: FaultPlan | undefined, ground: Ground): Weather {
  const shortTokens = createShortTokens();
  const delayed = new Set<NodeJS.Timeout>();
  let listener: Listener | undefined;
  let plan: FaultPlan | undefined;
  let forecast: Forecast | undefined;
  let shiftMs = 0;
  const now = (): number => ground.now() + shiftMs;
  const server = {
    shut: () => listener?.shut(),
    open: () => listener?.open(),
    revokeAll: () => ground.revoke(),
  };

  const answered = (request: ApiRequest, { shortToken }: Decision, seconds: number): ApiResponse => {
    const dead = shortTokens.dies(request, seconds);
    if (dead !== undefined) ground.revoke(dead);
    const response = ground.answer(request);
    if (shortToken !== undefined) shortTokens.doom(response, shortToken, seconds);
    return response;
  };
  /** The answer by a clock that may be wrong, which it shows. */
  const byClock = (make: () => ApiResponse, decision: Decision): ApiResponse => {
    if (decision.shiftMs === 0) return make();
    shiftMs = decision.shiftMs;
    try {
      const response = make();
      return { ...response, headers: { ...response.headers, Date: new Date(now()).toUTCString() } };
    } finally {
      shiftMs = 0;
    }
  };
  const finish = (request: ApiRequest, outgoing: ServerResponse, decision: Decision, seconds: number): void => {
    const { ending } = decision;
    const answer = (): ApiResponse => byClock(() => answered(request, decision, seconds), decision);
    switch (ending?.kind) {
      case undefined:
        ground.send(outgoing, answer());
        break;
      case 'refusal': {
        const refused = (): ApiResponse => ground.refuse(refusalProblem(ending, now()));
        ground.send(outgoing, byClock(refused, decision));
        break;
      }
      case 'conflict':
        ground.send(
          outgoing,
          byClock(() => ground.refuse(conflictProblem(ending.as)), decision),
        );
        break;
      case 'page': {
        if (ending.moment === 'after') answer();
        const page = (): ApiResponse => gatewayPage(ending.status);
        ground.send(outgoing, byClock(page, decision));
        break;
      }
      case 'drop':
        if (ending.moment === 'after') answer();
        drop(outgoing);
        break;
      case 'half':
        sendHalf(outgoing, answer());
        break;
      case 'slow': {
        const response = answer();
        const { body = '' } = response;
        if (body === '') ground.send(outgoing, response);
        else sendSlowly(outgoing, { ...response, body }, ending.bytesPerSecond);
      }
    }
  };

  const begin = (next: FaultPlan): void => {
    const checked = parseFaults(next);
    forecast?.stop();
    plan = checked;
    forecast = createForecast(checked, server);
  };
  if (given !== undefined) begin(given);
  const noFaults = createForecast({ seed: 0, rules: [] }, server).counts();

  return {
    faults: {
      counts: () => forecast?.counts() ?? noFaults,
      plan: () => plan,
      set: begin,
      clear: () => {
        // Its counts can still be asked for.
        forecast?.stop();
        plan = undefined;
      },
    },
    get isCalm() {
      return plan === undefined;
    },
    now,
    handle: (request, outgoing) => {
      const current = forecast;
      if (current === undefined) {
        ground.send(outgoing, ground.answer(request));
        return;
      }
      const decision = current.decide(request);
      if (decision.revokes) ground.revoke();
      if (decision.delayMs === 0) {
        finish(request, outgoing, decision, current.seconds());
        return;
      }
      const timer = setTimeout(() => {
        delayed.delete(timer);
        finish(request, outgoing, decision, current.seconds());
      }, decision.delayMs);
      delayed.add(timer);
    },
    listen: (door) => {
      listener = door;
    },
    stop: () => {
      listener?.stop();
      forecast?.stop();
      for (const timer of delayed) clearTimeout(timer);
      delayed.clear();
    },
  };
}
