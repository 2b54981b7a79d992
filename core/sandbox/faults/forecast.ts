/** What a plan does to each request, decided in the order in which the requests arrive. */
import type { ApiRequest } from '../exchange.ts';
import { createCapacity } from './capacity.ts';
import { chance } from './chance.ts';
import { FAULT_KINDS, type FaultKind, type FaultOf, type FaultPlan, type FaultRule } from './plan.ts';
import { createRefuser, type Refusal, refusal } from './refusal.ts';
import { createTrigger, surfaceOf, type Trigger } from './trigger.ts';

export type FaultCounts = Readonly<Record<FaultKind, number>>;

/** What becomes of a request instead of a plain answer. */
export type Ending =
  | ({ readonly kind: 'refusal' } & Refusal)
  | FaultOf<'conflict'>
  | FaultOf<'page'>
  | FaultOf<'drop'>
  | FaultOf<'half'>
  | FaultOf<'slow'>;

export interface Decision {
  readonly delayMs: number;
  /** By how much the server's clock is off. */
  readonly shiftMs: number;
  readonly ending: Ending | undefined;
  readonly revokes: boolean;
  /** The token that this request asks for will not live as long as it says. */
  readonly shortToken: FaultOf<'shortTokens'> | undefined;
}

/** What the rules do to the server as a whole. */
export interface Server {
  shut(): void;
  open(): void;
  revokeAll(): void;
}

export interface Forecast {
  /** Takes each request once, when it arrives. */
  decide(request: ApiRequest): Decision;
  counts(): FaultCounts;
  /** Seconds since the plan came into force. */
  seconds(): number;
  /** Ends what the plan has begun; nothing begins any more. */
  stop(): void;
}

/** What a request has met so far, while the rules are gone through. */
type Draft = { -readonly [Part in keyof Decision]: Decision[Part] };

/** What a rule does to a request that it is about; true where it did something. */
type Rule = (draft: Draft, number: number, seconds: number) => boolean;

/** An exponential distribution has no end; a test has. */
const MOST_JITTER = 10;

function jitter({ jitterMs = 0, distribution = 'uniform' }: FaultOf<'latency'>, drawn: number): number {
  switch (distribution) {
    case 'uniform':
      return drawn * jitterMs;
    case 'exponential':
      return Math.min(-Math.log(1 - drawn), MOST_JITTER) * jitterMs;
  }
}

/** A rule of the server's own that says nothing but a time does not wait for a request. */
function appointmentOf({ fault, when }: FaultRule): number | undefined {
  if (fault.kind !== 'maintenance' && fault.kind !== 'revoke') return undefined;
  const conditions = Object.entries(when ?? {}).filter(([, value]) => value !== undefined);
  return conditions.length === 1 ? when?.fromSeconds : undefined;
}

const milliseconds = (): number => performance.now();

/** @param server is told what concerns it as a whole */
export function createForecast({ seed, rules }: FaultPlan, server: Server): Forecast {
  const counts = Object.fromEntries(FAULT_KINDS.map((kind) => [kind, 0])) as Record<FaultKind, number>;
  const start = milliseconds();
  const seconds = (): number => (milliseconds() - start) / 1000;
  const timers = new Set<NodeJS.Timeout>();
  const later = (inSeconds: number, act: () => void): void => {
    const timer = setTimeout(() => {
      timers.delete(timer);
      act();
    }, inSeconds * 1000);
    timers.add(timer);
  };
  let downUntil = 0;
  let maintenance: FaultOf<'maintenance'> | undefined;

  const begin = (fault: FaultOf<'maintenance'>): void => {
    switch (fault.how) {
      case 'answer':
        maintenance = fault;
        downUntil = seconds() + fault.seconds;
        return;
      case 'closed':
        server.shut();
        later(fault.seconds, server.open);
    }
  };
  const ruleOf = ({ fault }: FaultRule, index: number, trigger: Trigger): Rule => {
    const act =
      (effect: (draft: Draft, number: number) => void): Rule =>
      (draft, number, now) => {
        if (!trigger.strikes(number, now)) return false;
        trigger.struck();
        effect(draft, number);
        return true;
      };
    switch (fault.kind) {
      case 'latency':
        return act((draft, number) => {
          draft.delayMs += fault.ms + jitter(fault, chance(seed, index, number, 'jitter'));
        });
      case 'capacity': {
        const capacity = createCapacity(fault);
        return (draft, number, now) => {
          if (!trigger.strikes(number, now)) return false;
          const service = capacity.enter(number, now);
          switch (service.kind) {
            case 'served':
              draft.delayMs += service.ms;
              if (service.isBeyond) trigger.struck();
              return service.isBeyond;
            case 'refused':
              draft.ending ??= { ...service, kind: 'refusal' };
              trigger.struck();
              return true;
          }
        };
      }
      case 'status': {
        const refuse = createRefuser(fault);
        return (draft, number, now) => {
          if (draft.ending !== undefined) return false;
          const strike = { strikes: () => trigger.strikes(number, now), struck: trigger.struck };
          const refused = refuse(strike, now);
          if (refused === undefined) return false;
          draft.ending = { kind: 'refusal', ...refused };
          return true;
        };
      }
      case 'conflict':
      case 'page':
      case 'drop':
      case 'half':
      case 'slow': {
        const end = act((draft) => {
          draft.ending = fault;
        });
        // A request ends once: the first rule of the plan that ends it does.
        return (draft, number, now) => draft.ending === undefined && end(draft, number, now);
      }
      case 'shortTokens':
        return act((draft) => {
          draft.shortToken = fault;
        });
      case 'revoke':
        return act((draft) => {
          draft.revokes = true;
        });
      case 'clock':
        return act((draft) => {
          draft.shiftMs += fault.seconds * 1000;
        });
      case 'maintenance':
        return act((draft) => {
          begin(fault);
          // The request that it begins with is the first to be cut off.
          if (fault.how === 'closed') draft.ending = { kind: 'drop', moment: 'before' };
        });
    }
  };
  const active = rules.flatMap((rule, index) => {
    const appointment = appointmentOf(rule);
    const { fault } = rule;
    if (appointment !== undefined) {
      later(appointment, () => {
        counts[fault.kind] += 1;
        if (fault.kind === 'maintenance') begin(fault);
        else server.revokeAll();
      });
      return [];
    }
    const trigger = createTrigger(seed, index, rule);
    return [{ fault, trigger, rule: ruleOf(rule, index, trigger) }];
  });

  return {
    decide: (request) => {
      const now = seconds();
      const surface = surfaceOf(request.path);
      const draft: Draft = {
        delayMs: 0,
        shiftMs: 0,
        ending: undefined,
        revokes: false,
        shortToken: undefined,
      };
      for (const { fault, trigger, rule } of active) {
        const number = trigger.see(surface, request);
        if (number !== undefined && rule(draft, number, now)) counts[fault.kind] += 1;
      }
      if (maintenance !== undefined && now < downUntil) {
        draft.ending = { kind: 'refusal', ...refusal(503, maintenance.retryAfter, downUntil - now) };
      }
      return draft;
    },
    counts: () => ({ ...counts }),
    seconds,
    stop: () => {
      for (const timer of timers) clearTimeout(timer);
      timers.clear();
      maintenance = undefined;
      server.open();
    },
  };
}
