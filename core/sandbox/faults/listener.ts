/** The door of the practice API: shut, it refuses connections; open, it listens where it did before. */
import type { Server } from 'node:http';

const TRY_AGAIN_MS = 50;

export interface Listener {
  /** Closes every connection and takes no new one, until `open`. */
  shut(): void;
  open(): void;
  /** Does not open any more. */
  stop(): void;
}

/** @param server listening on `port` of `host` */
export function listenerOf(server: Server, port: number, host: string): Listener {
  let isShut = false;
  let again: NodeJS.Timeout | undefined;
  const open = (): void => {
    // Another program may have taken the port for a moment: its own outgoing connections come from the same range.
    const wait = (): void => {
      again = setTimeout(open, TRY_AGAIN_MS);
    };
    server.once('error', wait);
    server.listen(port, host, () => server.off('error', wait));
  };
  return {
    shut: () => {
      if (isShut) return;
      isShut = true;
      server.close();
      server.closeAllConnections();
    },
    open: () => {
      if (!isShut) return;
      isShut = false;
      open();
    },
    stop: () => {
      isShut = false;
      clearTimeout(again);
    },
  };
}
