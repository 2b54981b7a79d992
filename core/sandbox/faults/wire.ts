/** Answers as a bad network or a broken gateway delivers them. */
import type { ServerResponse } from 'node:http';
import { type ApiResponse, headersOf } from '../exchange.ts';

/** What is cut in half where the real answer has no body. */
const STAND_IN = '{"detail":"This answer is longer than what will arrive of it."}';
const PIECE_MS = 50;

/** Closes the connection; the caller learns nothing of what became of its request. */
export function drop(outgoing: ServerResponse): void {
  outgoing.socket?.destroy();
}

/** Sends the headers and half of the body, then closes the connection. */
export function sendHalf(outgoing: ServerResponse, response: ApiResponse): void {
  const { status } = response;
  if (status === 204 || status === 304) {
    // These have no body to be halved, so the headers are.
    const { socket } = outgoing;
    socket?.write(`HTTP/1.1 ${status} `, () => socket.destroy());
    return;
  }
  const whole = { ...response, body: response.body === undefined || response.body === '' ? STAND_IN : response.body };
  const bytes = Buffer.from(whole.body);
  outgoing.writeHead(status, headersOf(whole));
  outgoing.write(bytes.subarray(0, Math.floor(bytes.length / 2)), () => outgoing.destroy());
}

/** Sends a body in small pieces, so many bytes a second. */
export function sendSlowly(
  outgoing: ServerResponse,
  response: ApiResponse & { readonly body: string },
  bytesPerSecond: number,
): void {
  const bytes = Buffer.from(response.body);
  const pause = Math.max(PIECE_MS, 1000 / bytesPerSecond);
  const size = Math.max(1, Math.round((bytesPerSecond * pause) / 1000));
  let sent = 0;
  outgoing.writeHead(response.status, headersOf(response));
  outgoing.flushHeaders();
  const timer = setInterval(() => {
    outgoing.write(bytes.subarray(sent, sent + size));
    sent += size;
    if (sent < bytes.length) return;
    clearInterval(timer);
    outgoing.end();
  }, pause);
  // Also where the caller gives up, or the practice API stops.
  outgoing.once('close', () => clearInterval(timer));
}

const TITLES = {
  500: 'Internal Server Error',
  502: 'Bad Gateway',
  503: 'Service Temporarily Unavailable',
  504: 'Gateway Time-out',
} as const;

/** @returns the page a gateway shows when what is behind it does not answer as it should */
export const gatewayPage = (status: keyof typeof TITLES): ApiResponse => ({
  status,
  contentType: 'text/html',
  body: `<html>\r\n<head><title>${status} ${TITLES[status]}</title></head>\r\n<body>\r\n<center><h1>${status} ${TITLES[status]}</h1></center>\r\n<hr><center>gateway</center>\r\n</body>\r\n</html>\r\n`,
});
