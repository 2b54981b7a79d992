/** One request and its answer, without node's streams: what every handler takes and gives. */
import type { IncomingHttpHeaders } from 'node:http';
import type { Place } from './places.ts';

export interface ApiRequest {
  readonly method: string;
  /** The plain path (places.ts): `/data/v3/ed-fi/students`, decoded segment by segment later. */
  readonly path: string;
  /** Which tenant, instance and school year it is for. */
  readonly place: Place;
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

/** @returns the headers of an answer that has a body */
export const headersOf = (response: ApiResponse & { readonly body: string }): Record<string, string | number> => ({
  'Content-Type': response.contentType ?? 'application/json; charset=utf-8',
  'Content-Length': Buffer.byteLength(response.body),
  ...response.headers,
});

export const json = (value: unknown, headers?: Readonly<Record<string, string>>): ApiResponse => ({
  status: 200,
  body: JSON.stringify(value),
  ...(headers === undefined ? {} : { headers }),
});
