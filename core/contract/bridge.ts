/** What a screen sees of its host, whichever it is: one function a command, one subscription an event. */
import type { HostCommandInput, HostCommandName, HostCommandOutput, HostEvent } from './host.ts';
import type { CommandInput, CommandName, CommandOutput, EngineEvent } from './schemas.ts';

export type AnyEvent = EngineEvent | HostEvent;
export type AnyEventType = AnyEvent['type'];
export type EventOf<T extends AnyEventType> = Extract<AnyEvent, { type: T }>;

export interface AnswerError {
  readonly code: string;
  readonly sentence: string;
  readonly details: Readonly<Record<string, string | number | boolean>>;
}
export type Answer<T> = { readonly ok: T } | { readonly error: AnswerError };

export type Call<I, O> = (input: I) => Promise<Answer<O>>;

export interface Bridge {
  readonly commands: {
    readonly [N in CommandName]: Call<CommandInput<N>, CommandOutput<N>>;
  } & {
    readonly [N in HostCommandName]: Call<HostCommandInput<N>, HostCommandOutput<N>>;
  };
  /** Each takes a listener and gives a function that takes it away again. */
  readonly on: { readonly [T in AnyEventType]: (listener: (event: EventOf<T>) => void) => () => void };
  /** The path of a file or folder that was dropped on the window; empty where the host does not tell paths. */
  getPathForFile(file: unknown): string;
}
