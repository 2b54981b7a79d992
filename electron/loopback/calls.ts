/** Any command that a page may send, checked by the contract both ways, and answered by whom it is for. */
import { hostCommands } from '../../core/contract/host.ts';
import { loopbackCommands } from '../../core/contract/loopback.ts';
import { type CommandName, commands, type EngineAnswer } from '../../core/contract/schemas.ts';
import { Failure } from '../../core/errors/failure.ts';
import { answer, answerError, type CommandShape } from '../answers.ts';

type Handler = (input: never) => Promise<unknown>;

/**
 * @param engine answers the engine's commands; throws a Failure where they fail
 * @param own the host's commands by name
 * @returns a function that answers any command, and never throws
 */
export function createCalls(
  engine: (command: CommandName, input: never) => Promise<unknown>,
  own: Readonly<Record<string, Handler>>,
): (command: string, input: unknown) => Promise<EngineAnswer> {
  const shapes: Readonly<Record<string, CommandShape>> = { ...hostCommands, ...loopbackCommands };
  return async (command, input) => {
    if (Object.hasOwn(commands, command)) {
      const name = command as CommandName;
      return answer(commands[name], input, (parsed) => engine(name, parsed as never));
    }
    const handler = Object.hasOwn(own, command) ? own[command] : undefined;
    const shape = Object.hasOwn(shapes, command) ? shapes[command] : undefined;
    if (handler === undefined || shape === undefined) {
      return { error: answerError(new Failure('usage', 'There is no such command here.')) };
    }
    return answer(shape, input, (parsed) => handler(parsed as never));
  };
}
