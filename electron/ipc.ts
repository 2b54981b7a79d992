/** The main process's end of the contract: each command handled once, for our own window's own page only. */
import { type IpcMainInvokeEvent, ipcMain, type WebContents } from 'electron';
import type { AnyEvent } from '../core/contract/bridge.ts';
import { type Coalescer, createCoalescer } from '../core/contract/coalesce.ts';
import { type HostCommandName, type HostHandlers, hostCommands, type ParsedHostInput } from '../core/contract/host.ts';
import {
  type CommandInput,
  type CommandName,
  type CommandOutput,
  commands,
  type ParsedInput,
} from '../core/contract/schemas.ts';
import { Failure } from '../core/errors/failure.ts';
import { answer, answerError } from './answers.ts';
import { channelOf, EVENTS_CHANNEL, isOwnPage } from './channels.ts';

export type EngineCall = <N extends CommandName>(
  command: N,
  input: CommandInput<N> | ParsedInput<N>,
) => Promise<CommandOutput<N>>;

/** Only the top frame of our window, showing our own page, may ask. */
function isOurs(event: IpcMainInvokeEvent, ours: WebContents | undefined): boolean {
  const frame = event.senderFrame;
  return ours !== undefined && event.sender === ours && frame !== null && frame.parent === null && isOwnPage(frame.url);
}

export interface IpcOptions {
  /** The window's contents at this moment; undefined while there is none. */
  readonly contents: () => WebContents | undefined;
  readonly callEngine: EngineCall;
  readonly host: HostHandlers;
}

/**
 * Registers a handler for each command of the contract.
 * @returns what takes them away again
 */
export function handleCommands({ contents, callEngine, host }: IpcOptions): () => void {
  const names: string[] = [];
  const handle = (
    name: string,
    shape: Parameters<typeof answer>[0],
    work: (input: unknown) => Promise<unknown>,
  ): void => {
    names.push(name);
    ipcMain.handle(channelOf(name), async (event, input: unknown) => {
      if (!isOurs(event, contents())) {
        return { error: answerError(new Failure('usage', 'Only the window of Rollbook itself may ask for this.')) };
      }
      return answer(shape, input, work);
    });
  };
  for (const name of Object.keys(commands) as CommandName[]) {
    handle(name, commands[name], (input) => callEngine(name, input as CommandInput<typeof name>));
  }
  for (const name of Object.keys(hostCommands) as HostCommandName[]) {
    const work = host[name] as (input: ParsedHostInput<HostCommandName>) => Promise<unknown>;
    handle(name, hostCommands[name], (input) => work(input as ParsedHostInput<HostCommandName>));
  }
  return () => {
    for (const name of names) ipcMain.removeHandler(channelOf(name));
  };
}

/**
 * @param contents where events go; while there is no window they go nowhere, for a screen asks for what is when it opens
 */
export function createEventSender(contents: () => WebContents | undefined): Coalescer {
  return createCoalescer((events: readonly AnyEvent[]) => {
    const to = contents();
    if (to === undefined || to.isDestroyed() || !isOwnPage(to.getURL())) return;
    to.send(EVENTS_CHANNEL, events);
  });
}
