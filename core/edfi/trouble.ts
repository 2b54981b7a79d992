import { Failure } from '../errors/failure.ts';

/**
 * Why there was no usable answer: a closed list, because the messages of sockets, TLS and proxies may quote what was
 * sent. Everything else about such an error is dropped here.
 */
export type TroubleKind =
  | 'name-unresolved'
  | 'refused'
  | 'network-down'
  | 'connect-timeout'
  | 'headers-timeout'
  | 'body-timeout'
  | 'total-timeout'
  | 'tls-untrusted'
  | 'tls-expired'
  | 'tls-wrong-name'
  | 'tls-broken'
  | 'proxy-unreachable'
  | 'proxy-refused'
  | 'connection-lost'
  | 'answer-malformed'
  | 'web-page'
  | 'aborted';

const BY_CODE: Readonly<Record<string, TroubleKind>> = {
  ENOTFOUND: 'name-unresolved',
  EAI_AGAIN: 'name-unresolved',
  EAI_NODATA: 'name-unresolved',
  EAI_NONAME: 'name-unresolved',
  ECONNREFUSED: 'refused',
  ENETUNREACH: 'network-down',
  EHOSTUNREACH: 'network-down',
  ENETDOWN: 'network-down',
  EADDRNOTAVAIL: 'network-down',
  ETIMEDOUT: 'connect-timeout',
  UND_ERR_CONNECT_TIMEOUT: 'connect-timeout',
  UND_ERR_HEADERS_TIMEOUT: 'headers-timeout',
  UND_ERR_BODY_TIMEOUT: 'body-timeout',
  ROLLBOOK_TOTAL_TIMEOUT: 'total-timeout',
  ROLLBOOK_ABORTED: 'aborted',
  ERR_CANCELED: 'aborted',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'tls-untrusted',
  SELF_SIGNED_CERT_IN_CHAIN: 'tls-untrusted',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'tls-untrusted',
  UNABLE_TO_GET_ISSUER_CERT: 'tls-untrusted',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'tls-untrusted',
  CERT_UNTRUSTED: 'tls-untrusted',
  CERT_REJECTED: 'tls-untrusted',
  CERT_REVOKED: 'tls-untrusted',
  INVALID_CA: 'tls-untrusted',
  CERT_HAS_EXPIRED: 'tls-expired',
  CERT_NOT_YET_VALID: 'tls-expired',
  ERR_TLS_CERT_ALTNAME_INVALID: 'tls-wrong-name',
  HOSTNAME_MISMATCH: 'tls-wrong-name',
  EPROTO: 'tls-broken',
  ROLLBOOK_PROXY_UNREACHABLE: 'proxy-unreachable',
  UND_ERR_PRX_TLS: 'proxy-refused',
  UND_ERR_PRX_CONN: 'proxy-refused',
  // The only request undici aborts by itself is the tunnel that a proxy did not open.
  UND_ERR_ABORTED: 'proxy-refused',
  UND_ERR_HEADERS_OVERFLOW: 'answer-malformed',
  UND_ERR_RES_EXCEEDED_MAX_SIZE: 'answer-malformed',
};

const codeOf = (thrown: unknown): string => {
  if (typeof thrown !== 'object' || thrown === null) return '';
  if ('code' in thrown && typeof thrown.code === 'string') return thrown.code;
  // Several addresses were tried; the last one's reason stands for all.
  if (thrown instanceof AggregateError) return codeOf(thrown.errors.at(-1));
  return '';
};

/** Takes whatever a socket, TLS or undici threw; gives its kind. What is not known counts as a lost connection. */
export const troubleOf = (thrown: unknown): TroubleKind => {
  const code = codeOf(thrown);
  const known = BY_CODE[code];
  if (known !== undefined) return known;
  if (code.startsWith('HPE_')) return 'answer-malformed';
  if (code.startsWith('ERR_SSL_') || code.startsWith('ERR_TLS_')) return 'tls-broken';
  return 'connection-lost';
};

/** True where the request cannot have reached the API, so that it surely had no effect. */
export const beforeSending = (kind: TroubleKind): boolean => {
  switch (kind) {
    case 'name-unresolved':
    case 'refused':
    case 'network-down':
    case 'connect-timeout':
    case 'tls-untrusted':
    case 'tls-expired':
    case 'tls-wrong-name':
    case 'tls-broken':
    case 'proxy-unreachable':
    case 'proxy-refused':
      return true;
    case 'headers-timeout':
    case 'body-timeout':
    case 'total-timeout':
    case 'connection-lost':
    case 'answer-malformed':
    case 'web-page':
    case 'aborted':
      return false;
  }
};

/** True where the same request cannot do better a moment later. */
export const isLasting = (kind: TroubleKind): boolean => kind.startsWith('tls-') || kind === 'aborted';

const sentenceOf = (kind: TroubleKind, host: string): string => {
  switch (kind) {
    case 'name-unresolved':
      return `The address ${host} does not resolve: check its spelling in the connection, and this computer's network.`;
    case 'refused':
      return `${host} refused the connection: check the port in the connection's URL, and with the API's host that it is running.`;
    case 'network-down':
      return `There is no network path to ${host}: check this computer's network or VPN.`;
    case 'connect-timeout':
      return `${host} did not take the connection in time: check the network, the VPN and the firewall.`;
    case 'headers-timeout':
    case 'body-timeout':
    case 'total-timeout':
      return `${host} took the request but did not answer in time: try again later, or ask the API's host.`;
    case 'tls-untrusted':
      return `The certificate of ${host} is not trusted: if it comes from your district's own authority, add that authority's certificate to the settings; otherwise do not go on, and ask the API's host.`;
    case 'tls-expired':
      return `The certificate of ${host} is not valid today: check this computer's date, and ask the API's host to renew it.`;
    case 'tls-wrong-name':
      return `The certificate of ${host} was made for another address: check the URL of the connection, and ask the API's host.`;
    case 'tls-broken':
      return `${host} does not speak TLS on this port: check the URL of the connection (https, and the port).`;
    case 'proxy-unreachable':
      return `The proxy on the way to ${host} cannot be reached: check its address in the settings, and this computer's network.`;
    case 'proxy-refused':
      return `The proxy of this network did not let the connection to ${host} through: ask your network administrator to allow it.`;
    case 'connection-lost':
      return `${host} closed the connection before it had answered: try again later, or ask the API's host.`;
    case 'answer-malformed':
      return `What ${host} answers is not readable as HTTP: check the URL of the connection, and for a proxy in between.`;
    case 'web-page':
      return `A web page came instead of the API's answer from ${host}, as from a proxy or a sign-in portal: open the address in a browser on this computer, or ask your network administrator.`;
    case 'aborted':
      return 'Stopped before the API had answered.';
  }
};

/** Takes a kind and the host's name; gives the sentence for the steward, with the kind in its details. */
export const troubleFailure = (kind: TroubleKind, host: string): Failure =>
  new Failure(kind === 'aborted' ? 'cancelled' : 'api-unreachable', sentenceOf(kind, host), { reason: kind, host });
