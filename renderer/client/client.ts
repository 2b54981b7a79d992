/**
 * The screens' way to the engine and to the host. `call` for an act, `useQuery` (query.ts) for what is shown; `listen` for
 * events. Types come from the contract alone.
 */
import type { AnswerError, AnyEventType, Bridge, EventOf } from '../../core/contract/bridge.ts';
import type { HostCommandInput, HostCommandName, HostCommandOutput } from '../../core/contract/host.ts';
import type { CommandInput, CommandName, CommandOutput } from '../../core/contract/schemas.ts';
import { bridge } from './bridge.ts';
import { invalidateAfter } from './query.ts';

export type AnyCommand = keyof Bridge['commands'];
export type InputOf<N extends AnyCommand> = N extends CommandName
  ? CommandInput<N>
  : N extends HostCommandName
    ? HostCommandInput<N>
    : never;
export type OutputOf<N extends AnyCommand> = N extends CommandName
  ? CommandOutput<N>
  : N extends HostCommandName
    ? HostCommandOutput<N>
    : never;

/** An answer that was an error: the engine's code and its sentence, which may be shown as it is. */
export class Refused extends Error {
  readonly code: string;
  readonly details: AnswerError['details'];

  constructor({ code, sentence, details }: AnswerError) {
    super(sentence);
    this.name = 'Refused';
    this.code = code;
    this.details = details;
  }
}

/** @returns anything thrown as something that may be shown */
export const asRefused = (thrown: unknown): Refused =>
  thrown instanceof Refused
    ? thrown
    : new Refused({ code: 'internal', sentence: 'Something went wrong on this screen. Try again.', details: {} });

/** Asks without telling the cache. @throws Refused */
export async function ask<N extends AnyCommand>(command: N, input: InputOf<N>): Promise<OutputOf<N>> {
  const send = bridge.commands[command] as (input: InputOf<N>) => Promise<{ ok: OutputOf<N> } | { error: AnswerError }>;
  const answer = await send(input);
  if ('error' in answer) throw new Refused(answer.error);
  return answer.ok;
}

/**
 * Does something, and has every query read again that it may have changed (touches.ts).
 * @throws Refused
 */
export async function call<N extends AnyCommand>(command: N, input: InputOf<N>): Promise<OutputOf<N>> {
  try {
    return await ask(command, input);
  } finally {
    // Also after a failure: a batch that stopped has sent something.
    invalidateAfter(command);
  }
}

/** @returns a function that ends it */
export const listen = <T extends AnyEventType>(type: T, listener: (event: EventOf<T>) => void): (() => void) =>
  (bridge.on[type] as (listener: (event: EventOf<T>) => void) => () => void)(listener);
