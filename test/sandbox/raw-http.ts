/** One request over a connection of its own, and how it went, also where it broke. */
import http from 'node:http';

export interface Outcome {
  /** Undefined where no status came. */
  readonly status: number | undefined;
  readonly headers: http.IncomingHttpHeaders;
  readonly text: string;
  /** Pieces that the body arrived in. */
  readonly pieces: number;
  /** Why it did not come to its end; undefined where it did. */
  readonly error: string | undefined;
}

export function ask(
  url: string,
  { method = 'GET', headers = {}, body }: { method?: string; headers?: http.OutgoingHttpHeaders; body?: unknown } = {},
): Promise<Outcome> {
  return new Promise((resolve) => {
    let status: number | undefined;
    let received: http.IncomingHttpHeaders = {};
    const chunks: Buffer[] = [];
    const end = (error?: string): void =>
      resolve({ status, headers: received, text: Buffer.concat(chunks).toString(), pieces: chunks.length, error });
    const request = http.request(
      url,
      {
        method,
        agent: false,
        headers: { ...headers, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
      },
      (response) => {
        status = response.statusCode;
        received = response.headers;
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('end', () => end());
        response.on('error', ({ message }) => end(message));
      },
    );
    request.on('error', (error: NodeJS.ErrnoException) => end(error.code ?? error.message));
    request.end(body === undefined ? undefined : typeof body === 'string' ? body : JSON.stringify(body));
  });
}
