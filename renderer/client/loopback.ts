/** The bridge in a browser: commands by fetch, events as server-sent events, dialogs in the page. */
import type { Answer, AnyEvent, AnyEventType, Bridge } from '../../core/contract/bridge.ts';
import type { LoopbackCommandName, LoopbackInput, LoopbackOutput } from '../../core/contract/loopback.ts';
import { pageCommands } from './in-page.ts';

const unreachable: Answer<never> = {
  error: {
    code: 'host-gone',
    sentence: 'Rollbook does not answer any more. Start it again with npm start, and open the link that it prints.',
    details: {},
  },
};

async function post(command: string, input: unknown): Promise<Answer<unknown>> {
  try {
    const response = await fetch(`call/${command}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(input),
    });
    return response.status === 401 ? unreachable : ((await response.json()) as Answer<unknown>);
  } catch {
    return unreachable;
  }
}

/** Asks what only the loopback host has. */
export const askLoopback = <N extends LoopbackCommandName>(
  command: N,
  input: LoopbackInput<N>,
): Promise<Answer<LoopbackOutput<N>>> => post(command, input) as Promise<Answer<LoopbackOutput<N>>>;

export function createLoopbackBridge(): Bridge {
  const listeners = new Map<string, Set<(event: AnyEvent) => void>>();
  const source = new EventSource('events');
  source.addEventListener('message', ({ data }: MessageEvent<string>) => {
    const event = JSON.parse(data) as AnyEvent;
    for (const listener of [...(listeners.get(event.type) ?? [])]) listener(event);
  });
  const listen = (type: string) => (listener: (event: AnyEvent) => void) => {
    const known = listeners.get(type) ?? new Set();
    listeners.set(type, known.add(listener));
    return () => void known.delete(listener);
  };
  const own: Readonly<Record<string, (input: never) => Promise<Answer<unknown>>>> = pageCommands;
  return {
    // Any name the contract has is a function here; which those are, its types know.
    commands: new Proxy({} as Bridge['commands'], {
      get: (_, name: string) => own[name] ?? ((input: unknown) => post(name, input)),
    }),
    on: new Proxy({} as Bridge['on'], { get: (_, type: AnyEventType) => listen(type) }),
    getPathForFile: () => '',
  };
}
