/** One request and its answer, without node's streams: what every handler takes and gives. */
import type { IncomingHttpHeaders } from 'node:http';

export interface ApiRequest {
  readonly method: string;
  /** `/data/v3/ed-fi/students`, decoded segment by segment later. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  /** The body as text, '' where there is none. */
  readonly body: string;
}

export interface ApiResponse {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** Text that is sent as it is; none for an empty answer. */
  readonly body?: string;
  /** `application/json` unless told; only where there is a body. */
  readonly contentType?: string;
}

export const json = (value: unknown, headers?: Readonly<Record<string, string>>): ApiResponse => ({
  status: 200,
  body: JSON.stringify(value),
  ...(headers === undefined ? {} : { headers }),
});
