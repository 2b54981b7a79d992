import type { SecureContext } from 'node:tls';
import type { AxiosAdapter, AxiosInstance, AxiosResponse, InternalAxiosRequestConfig } from 'axios';
import axios, { AxiosError } from 'axios';
import { Agent, buildConnector, type Dispatcher, EnvHttpProxyAgent, Pool } from 'undici';
import type { Settings } from './options.ts';
import { trusting } from './trust.ts';

type TransportSettings = Pick<
  Settings,
  'maxConnections' | 'timeouts' | 'ca' | 'systemCertificates' | 'proxy' | 'userAgent'
>;
type Environment = Readonly<Record<string, string | undefined>>;

/** Specifications of a whole data standard have 3 to 10 MB; what is far beyond that is no answer of an API. */
const LARGEST_ANSWER = 256 * 1024 * 1024;

const set = (value: string | undefined): string => value?.trim() ?? '';

/** Makes a connector when the first socket needs it: an API that is not encrypted needs nobody's certificates. */
const lazily = (make: () => buildConnector.connector): buildConnector.connector => {
  let made: buildConnector.connector | undefined;
  return (at, callback) => {
    made ??= make();
    made(at, callback);
  };
};

type Connected = Parameters<buildConnector.Callback>;

/** The sockets to a proxy, for tunnels: that it cannot be reached must not be taken for the API's own fault. */
const towardsProxy = (proxy: URL, options: Pool.Options): Pool => {
  const { connect } = options;
  if (typeof connect !== 'function') return new Pool(proxy, options);
  const told = (...connected: Connected): Connected =>
    connected[0] === null
      ? connected
      : [Object.assign(new Error('no way to the proxy'), { code: 'ROLLBOOK_PROXY_UNREACHABLE' }), null];
  return new Pool(proxy, {
    ...options,
    connect: (at, callback) => connect(at, (...connected) => callback(...told(...connected))),
  });
};

/**
 * Opens the connections: at most `maxConnections` sockets to one host, kept alive, one request at a time on each, so
 * that a slow answer delays no other. HTTP/2 is off, because there the limit would count sockets and not requests.
 * `proxy` goes before HTTPS_PROXY and HTTP_PROXY of `environment`; NO_PROXY is honoured for both, and this computer
 * itself is never reached by proxy. TLS is always verified, against the public authorities, `ca`, and, where told,
 * this computer's own store.
 */
export const createDispatcher = (settings: TransportSettings, environment: Environment = process.env): Dispatcher => {
  const { timeouts, maxConnections, ca, systemCertificates } = settings;
  const tls = (): { readonly secureContext?: SecureContext } => {
    const secureContext = trusting(ca, systemCertificates);
    return secureContext === undefined ? {} : { secureContext };
  };
  const timing = { timeout: timeouts.connectMs, allowH2: false };
  const plain = lazily(() => buildConnector(timing));
  const secure = lazily(() => buildConnector({ ...timing, ...tls() }));
  const shared = {
    connections: maxConnections,
    pipelining: 1,
    allowH2: false,
    connectTimeout: timeouts.connectMs,
    headersTimeout: timeouts.headersMs,
    bodyTimeout: timeouts.bodyMs,
    maxResponseSize: LARGEST_ANSWER,
    connect: ((at, callback) =>
      at.protocol === 'https:' ? secure(at, callback) : plain(at, callback)) satisfies buildConnector.connector,
  };
  const proxy = set(settings.proxy);
  const httpsProxy = proxy || set(environment.https_proxy) || set(environment.HTTPS_PROXY);
  const httpProxy = proxy || set(environment.http_proxy) || set(environment.HTTP_PROXY);
  if (httpsProxy === '' && httpProxy === '') return new Agent(shared);
  const noProxy = set(environment.no_proxy) || set(environment.NO_PROXY);
  return new EnvHttpProxyAgent({
    ...shared,
    httpProxy,
    httpsProxy,
    noProxy:
      noProxy === '*' ? '*' : [noProxy, 'localhost', '127.0.0.1', '::1'].filter((entry) => entry !== '').join(','),
    clientFactory: towardsProxy,
    // ProxyAgent makes its own connectors: without these the handshake through the tunnel would not know `ca`.
    requestTls: tls(),
    proxyTls: tls(),
  });
};

const codeOf = (error: unknown): string => {
  const one = error instanceof AggregateError && !('code' in error) ? error.errors.at(-1) : error;
  return typeof one === 'object' && one !== null && 'code' in one && typeof one.code === 'string' ? one.code : '';
};

const isHeaderText = (value: unknown): value is string => typeof value === 'string';

const headersOf = (config: InternalAxiosRequestConfig): Record<string, string> => {
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(config.headers.toJSON())) if (isHeaderText(value)) headers[name] = value;
  return headers;
};

const methodOf = (config: InternalAxiosRequestConfig): string => (config.method ?? 'get').toUpperCase();

/**
 * An axios adapter over undici's dispatcher. axios' own http adapter builds a redirect follower, four streams and a
 * progress throttle for each request; on loopback, with keep-alive on both sides, this one carried 2.9 times as
 * many requests a second (14,300 against 4,900 with 32 connections; undici without axios 32,400) for a third of the
 * processor time (76 against 227 µs each), which is what limits a workstation on a fast API. What it throws is an AxiosError with a code and nothing else: no
 * config, request, response or cause, since those hold the body that was sent and the token.
 */
export const undiciAdapter =
  (dispatcher: Dispatcher, totalMs: number): AxiosAdapter =>
  (config) =>
    new Promise<AxiosResponse<string>>((resolve, reject) => {
      const url = new URL(config.url ?? '');
      const chunks: Buffer[] = [];
      let status = 0;
      let received: Record<string, string | string[] | undefined> = {};
      let abort: ((reason: Error) => void) | undefined;
      let stopped: string | undefined;

      const stop = (code: string): void => {
        stopped ??= code;
        abort?.(new AxiosError('stopped', code));
        finish(() => reject(new AxiosError('stopped', code)));
      };
      const onAbort = (): void => stop('ROLLBOOK_ABORTED');
      const finish = (settle: () => void): void => {
        clearTimeout(timer);
        config.signal?.removeEventListener?.('abort', onAbort);
        settle();
      };
      const timer = setTimeout(() => stop('ROLLBOOK_TOTAL_TIMEOUT'), totalMs);
      config.signal?.addEventListener?.('abort', onAbort);

      dispatcher.dispatch(
        {
          origin: url.origin,
          path: `${url.pathname}${url.search}`,
          method: methodOf(config),
          headers: headersOf(config),
          body: typeof config.data === 'string' ? config.data : null,
        },
        {
          onRequestStart(controller) {
            abort = (reason) => controller.abort(reason);
            // Stopped while it stood in line for a socket: it must not be sent any more.
            if (stopped !== undefined) controller.abort(new AxiosError('stopped', stopped));
          },
          onResponseStart(_controller, statusCode, headers) {
            // 1xx come first and are no answer; the last call counts.
            status = statusCode;
            received = headers;
          },
          onResponseData(_controller, chunk) {
            chunks.push(chunk);
          },
          onResponseEnd() {
            finish(() =>
              resolve({
                status,
                statusText: '',
                headers: received as AxiosResponse['headers'],
                data: chunks.length === 0 ? '' : Buffer.concat(chunks).toString('utf8'),
                config,
              }),
            );
          },
          onResponseError(_controller, error) {
            finish(() => reject(new AxiosError('no answer', codeOf(error))));
          },
        },
      );
    });

const untouched = (data: unknown): unknown => data;

/** Takes the open connections; gives an axios instance that answers every status, as text, and follows no redirect. */
export const createAxios = (dispatcher: Dispatcher, settings: TransportSettings): AxiosInstance =>
  axios.create({
    adapter: undiciAdapter(dispatcher, settings.timeouts.totalMs),
    transformRequest: untouched,
    transformResponse: untouched,
    validateStatus: () => true,
    headers: { 'User-Agent': settings.userAgent },
  });
