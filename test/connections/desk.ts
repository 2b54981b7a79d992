/** A real engine that gets its secrets from commands and from its keychain alone. */
import { onTestFinished } from 'vitest';
import { createMemoryStore, type SecretStore } from '../../core/connections/secrets.ts';
import type { CommandInput, CommandName, CommandOutput, EngineEvent } from '../../core/contract/schemas.ts';
import { createEngine } from '../../core/engine.ts';
import { newFolder } from '../sync/workbench.ts';

export interface Desk {
  readonly folder: string;
  readonly events: EngineEvent[];
  call<N extends CommandName>(command: N, input: CommandInput<N>): Promise<CommandOutput<N>>;
  refused(command: CommandName, input: unknown): Promise<{ code: string; sentence: string }>;
  /** Every answer and event so far, as text: for looking whether a secret is in it. */
  said(): string;
}

export async function desk(
  options: { readonly keychain?: SecretStore | undefined; readonly now?: () => number } = {},
): Promise<Desk> {
  const folder = newFolder();
  const events: EngineEvent[] = [];
  const answers: unknown[] = [];
  const engine = await createEngine({
    folder,
    keychain: 'keychain' in options ? options.keychain : createMemoryStore(),
    secret: undefined,
    now: options.now ?? Date.now,
    emit: (event) => void events.push(event),
  });
  onTestFinished(() => engine.close());
  return {
    folder,
    events,
    async call(command, input) {
      const answer = await engine.handle(command, input);
      answers.push(answer);
      if ('error' in answer) throw new Error(`${command}: ${answer.error.code}: ${answer.error.sentence}`);
      return answer.ok as never;
    },
    async refused(command, input) {
      const answer = await engine.handle(command, input);
      answers.push(answer);
      if (!('error' in answer)) throw new Error(`${command} was not refused`);
      return answer.error;
    },
    said: () => JSON.stringify([answers, events]),
  };
}

/** A store of which a test sees what is in it. */
export function openStore(): SecretStore & { readonly kept: Map<string, string> } {
  const kept = new Map<string, string>();
  return {
    kept,
    get: async (name) => kept.get(name),
    set: async (name, secret) => void kept.set(name, secret),
    remove: async (name) => void kept.delete(name),
  };
}
