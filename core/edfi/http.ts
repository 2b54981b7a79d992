import type { AxiosInstance } from 'axios';
import type { Dispatcher } from 'undici';
import type { Settings } from './options.ts';
import { beforeSending, type TroubleKind, troubleOf } from './trouble.ts';

export type Method = 'GET' | 'POST' | 'PUT' | 'DELETE';

export interface HttpRequest {
  readonly method: Method;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** An answer with a status. Its text and headers are a server's words: they stay inside the client or are sealed. */
export interface Reply {
  readonly kind: 'reply';
  readonly status: number;
  readonly header: (name: string) => string | undefined;
  readonly text: string;
  readonly ms: number;
}

/** No usable answer; `sent` tells that the request may have reached the API and had its effect. */
export interface Lost {
  readonly kind: 'lost';
  readonly trouble: TroubleKind;
  readonly sent: boolean;
  readonly ms: number;
}

export type Sent = Reply | Lost;

/** Requests really sent, repetitions included; `retries` says how many of them were repetitions. */
export interface RequestCounts {
  readonly POST: number;
  readonly PUT: number;
  readonly DELETE: number;
  readonly GET: number;
  readonly token: number;
  readonly retries: number;
}

export interface Http {
  /** Sends once. `as` says under which name it is counted; `again` that it repeats one sent before. Never rejects. */
  send(request: HttpRequest, as: 'data' | 'token', again: boolean): Promise<Sent>;
  counts(): RequestCounts;
  close(): Promise<void>;
}

const sendOnce = async (instance: AxiosInstance, request: HttpRequest, signal: AbortSignal | undefined) => {
  const start = performance.now();
  const elapsed = (): number => Math.round(performance.now() - start);
  try {
    const response = await instance.request<string>({
      method: request.method,
      url: request.url,
      headers: { ...request.headers },
      ...(request.body === undefined ? {} : { data: request.body }),
      ...(signal === undefined ? {} : { signal }),
    });
    const headers = response.headers;
    const header = (name: string): string | undefined => {
      const value = headers[name];
      return typeof value === 'string' ? value : Array.isArray(value) ? value[0] : undefined;
    };
    return { kind: 'reply', status: response.status, header, text: response.data, ms: elapsed() } satisfies Reply;
  } catch (thrown) {
    // Nothing of what was thrown goes further than its code: an axios error may hold the URL, the token and the body.
    const trouble = troubleOf(thrown);
    return { kind: 'lost', trouble, sent: !beforeSending(trouble), ms: elapsed() } satisfies Lost;
  }
};

interface Opened {
  readonly dispatcher: Dispatcher;
  readonly instance: AxiosInstance;
}

/** axios and undici are read at the first request: half of an engine's start, and much is asked of it without an API. */
const open = async (settings: Settings): Promise<Opened> => {
  const { createAxios, createDispatcher } = await import('./transport.ts');
  const dispatcher = createDispatcher(settings);
  return { dispatcher, instance: createAxios(dispatcher, settings) };
};

const socketsTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Takes the settings; gives the sender with its own connections, which `close` shuts once what is in flight is done. */
export const createHttp = (settings: Settings): Http => {
  let opening: Promise<Opened> | undefined;
  const counts = { POST: 0, PUT: 0, DELETE: 0, GET: 0, token: 0, retries: 0 };
  let closing: Promise<void> | undefined;
  return {
    send: async (request, as, again) => {
      opening ??= open(settings);
      const { instance } = await opening;
      // A read that is stopped costs nothing; a write that is stopped leaves open whether it had its effect.
      const sent = await sendOnce(instance, request, request.method === 'GET' ? settings.signal : undefined);
      if (sent.kind === 'reply' || sent.sent) {
        counts[as === 'token' ? 'token' : request.method] += 1;
        if (again) counts.retries += 1;
      }
      // undici takes a socket back a turn of the event loop after its answer: whoever comes before opens another one.
      await socketsTurn();
      return sent;
    },
    counts: () => ({ ...counts }),
    close: () => {
      closing ??= Promise.resolve(opening?.then(({ dispatcher }) => dispatcher.close()));
      return closing;
    },
  };
};
