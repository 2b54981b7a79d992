/** All that the screens see of the world outside them: one function a command, one subscription an event. */
import { contextBridge, ipcRenderer, webUtils } from 'electron';
import { channelOf, EVENTS_CHANNEL } from './channels.ts';
import { commandNames, eventTypes } from './names.ts';

type Listener = (event: unknown) => void;

const listeners = new Map<string, Set<Listener>>(eventTypes.map((type) => [type, new Set()]));

ipcRenderer.on(EVENTS_CHANNEL, (_, events: readonly { readonly type: string }[]) => {
  for (const event of events) {
    // A copy: a listener may take itself away while it is called.
    for (const listener of [...(listeners.get(event.type) ?? [])]) listener(event);
  }
});

const commands = Object.fromEntries(
  commandNames.map((name) => [name, (input: unknown) => ipcRenderer.invoke(channelOf(name), input)]),
);

const on = Object.fromEntries(
  eventTypes.map((type) => [
    type,
    (listener: Listener) => {
      const own: Listener = (event) => listener(event);
      listeners.get(type)?.add(own);
      return () => void listeners.get(type)?.delete(own);
    },
  ]),
);

contextBridge.exposeInMainWorld('rollbook', {
  commands,
  on,
  getPathForFile: (file: File) => webUtils.getPathForFile(file),
});
