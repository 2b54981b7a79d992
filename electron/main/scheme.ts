/** The screens' own scheme: `app://rollbook/`, files of one folder and nothing else. */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { protocol, type Session } from 'electron';
import { HOST, SCHEME } from '../channels.ts';

export const CSP =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
  '.woff2': 'font/woff2',
};

const HEADERS = {
  'content-security-policy': CSP,
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
};

/** Has to be called before Electron is ready, once. */
export function registerScheme(): void {
  protocol.registerSchemesAsPrivileged([
    { scheme: SCHEME, privileges: { standard: true, secure: true, supportFetchAPI: true } },
  ]);
}

/**
 * @param root the folder of the built screens
 * @param address what is asked for
 * @returns the file in that folder; undefined for another host, for anything outside, and for endings we do not serve
 */
export function fileOf(root: string, address: string): string | undefined {
  const url = URL.parse(address);
  if (url === null || url.protocol !== `${SCHEME}:` || url.host !== HOST) return undefined;
  let name: string;
  try {
    name = decodeURIComponent(url.pathname);
  } catch {
    return undefined;
  }
  if (name.includes('\0') || name.includes('\\')) return undefined;
  const file = path.resolve(root, `.${name === '/' ? '/index.html' : name}`);
  if (!file.startsWith(path.resolve(root) + path.sep)) return undefined;
  return path.extname(file) in TYPES ? file : undefined;
}

/**
 * Answers a request for a page's file, every answer with the same policy.
 * @param root the folder of the built screens
 */
export async function serve(
  root: string,
  request: { readonly url: string; readonly method: string },
): Promise<Response> {
  const refuse = (status: number): Response => new Response(null, { status, headers: HEADERS });
  if (request.method !== 'GET') return refuse(405);
  const file = fileOf(root, request.url);
  if (file === undefined) return refuse(404);
  try {
    const type = TYPES[path.extname(file)] ?? 'application/octet-stream';
    return new Response(new Uint8Array(await readFile(file)), { headers: { ...HEADERS, 'content-type': type } });
  } catch {
    return refuse(404);
  }
}

/** @param root the folder of the built screens */
export function handleScheme(session: Session, root: string): void {
  session.protocol.handle(SCHEME, (request) => serve(root, request));
}
