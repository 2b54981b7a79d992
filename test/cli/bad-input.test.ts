/** Bad input gets a sentence: the API's side, the source's side, and words that are no command. */
import { appendFileSync, cpSync, mkdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { adding, emptyStation, practice, type Station, station } from './practice.ts';
import { expectSentence, jsonLines, newFolder, rollbook } from './run.ts';

const at = practice();

/** A server that answers as it is told. @returns its address */
async function server(answer: RequestListener): Promise<string> {
  const listening = createServer(answer);
  await new Promise<void>((resolve) => listening.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    listening.closeAllConnections();
    listening.close();
  });
  return `http://127.0.0.1:${(listening.address() as AddressInfo).port}`;
}

const page = '<!DOCTYPE html><html><body>Sign in to the SECRET-WORDS-OF-THE-PROXY network</body></html>';
const html: RequestListener = (_, response) => {
  response.writeHead(200, { 'content-type': 'text/html' }).end(page);
};

/** The practice API behind a proxy that answers some paths itself. */
const behind = (matches: RegExp, type: string, body: string): Promise<string> =>
  server(async (request, response) => {
    const url = request.url ?? '/';
    if (matches.test(url)) return response.writeHead(200, { 'content-type': type }).end(body);
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const headers = new Headers(Object.entries(request.headers).map(([name, value]) => [name, String(value)]));
    for (const name of ['host', 'connection', 'content-length', 'transfer-encoding']) headers.delete(name);
    const sent = Buffer.concat(chunks);
    const answer = await fetch(`${at.api.url}${url}`, {
      method: request.method ?? 'GET',
      headers,
      ...(sent.length === 0 ? {} : { body: sent }),
    });
    // The addresses it gives are the proxy's, as behind any reverse proxy.
    const text = (await answer.text()).replaceAll(at.api.url, `http://${request.headers.host}`);
    return response
      .writeHead(answer.status, { 'content-type': answer.headers.get('content-type') ?? 'text/plain' })
      .end(text);
  });

describe('an address that is no Ed-Fi API', () => {
  const data = (): string => path.join(at.day1, '..', 'data');
  const nothing = 'http://127.0.0.1:1';
  test.each<[string, () => string | Promise<string>, number, RegExp]>([
    ['a host that there is not', () => 'https://api.invalid', 4, /api\.invalid/],
    ['a port that nothing listens on', () => nothing, 4, /127\.0\.0\.1:1 refused the connection[.:] check the port/i],
    ['words', () => 'our state', 1, /The connection's URL is no web address/],
    ['nothing', () => '', 1, /The connection's URL is no web address/],
    ['another scheme', () => 'ftp://api.example.org', 1, /does not begin with https:\/\//],
    ['a password in the address', () => 'https://me:pw-CANARY@example.org', 1, /must not hold a key or a password/],
    ['https to an http port', () => at.api.url.replace('http:', 'https:'), 4, /does not speak TLS on this port/],
    ['the address of the data', () => `${at.api.url}/data/v3`, 4, /enter the API's base address, without \/data\/v3/i],
    ["a proxy's page", () => server(html), 4, /answers with a web page/],
    [
      'a server of something else',
      () => server((_, response) => response.writeHead(200, { 'content-type': 'application/json' }).end('{"a":1}')),
      4,
      /not with an Ed-Fi API's description/,
    ],
    ['a server that wants a sign-in', () => server((_, response) => response.writeHead(401).end('x')), 4, /HTTP 401/],
    [
      'a server that hangs up',
      () => server((request) => request.socket.destroy()),
      4,
      /closed the connection|broke off|connection/,
    ],
    [
      'a page for a specification',
      () => behind(/swagger|openapi|metadata\/data/i, 'text/html', page),
      4,
      /specification|list of specifications/,
    ],
    [
      'half a specification',
      () => behind(/swagger|openapi|metadata\/data/i, 'application/json', '{"paths":{"/ed-fi'),
      4,
      /no complete JSON/,
    ],
    [
      'an empty specification',
      () => behind(/swagger|openapi|metadata\/data/i, 'application/json', ''),
      4,
      /specification/,
    ],
    [
      'a specification of nothing',
      () => behind(/swagger|openapi|metadata\/data/i, 'application/json', '{"paths":{}}'),
      4,
      /specification/i,
    ],
  ])('%s', async (_, url, code, says) => {
    const here = emptyStation(at.api, data());
    const ran = await here.run(...adding({ url: await url(), key: at.api.key }));
    expectSentence(ran, code, says);
    expect(ran.stdout).toBe('');
    expect(ran.stderr).not.toMatch(/SECRET-WORDS|CANARY|practice-secret/);
  });

  test('is not saved', async () => {
    const listed = await emptyStation(at.api, data()).run('connect', 'list', '--json');
    expect(jsonLines(listed)).toEqual([{ type: 'connections', connections: [] }]);
  });

  test('is said as a line to a program, by test and by sync', async () => {
    const here = await station({ ...at.api, url: nothing });
    const added = await here.run(...adding({ url: nothing, key: 'k' }, 'other'), '--json');
    expect(added.code).toBe(4);
    expect(added.stderr).toBe('');
    expect(jsonLines(added)).toMatchObject([{ type: 'error', code: 'api-unreachable' }]);
    const tested = await here.run('connect', 'test', 'here');
    expect(tested.code).toBe(4);
    expect(tested.stdout).toMatch(/^ {2}✗ \w+ +127\.0\.0\.1:1 refused/m);
    expectSentence(await here.sync(at.day1), 4, /127\.0\.0\.1:1 refused the connection/);
    const refused = await rollbook(['sync', '--connection', 'here', '--source', at.day1, '--json'], {
      data: here.data,
      secret: 'x',
    });
    expect(jsonLines(refused).at(-1)).toMatchObject({ type: 'error', code: 'api-unreachable' });
  });
});

describe('a source that cannot be used', () => {
  let made: Promise<Station> | undefined;
  /** One data folder for all: none of these may leave anything in it. */
  const shared = async (): Promise<Station> => {
    const here = emptyStation(at.api, path.join(at.day1, '..', 'shared'));
    made ??= here.run(...adding(at.api), '--no-test').then(() => here);
    return made;
  };
  test.each<[string, (folder: string) => string, RegExp]>([
    ['no folder', (folder) => path.join(folder, 'none'), /There is no folder or zip file none; check the path/],
    [
      'an empty folder',
      (folder) => {
        rmSync(path.join(folder, 'export'), { recursive: true });
        mkdirSync(path.join(folder, 'export'));
        return path.join(folder, 'export');
      },
      /folder export is empty/,
    ],
    [
      'a folder of something else',
      (folder) => {
        writeFileSync(path.join(folder, 'notes.txt'), 'milk');
        rmSync(path.join(folder, 'export'), { recursive: true });
        return folder;
      },
      /OneRoster/,
    ],
    ['one file of it', (folder) => path.join(folder, 'export', 'users.csv'), /neither a folder nor a zip file/],
    [
      'without a required file',
      (folder) => {
        rmSync(path.join(folder, 'export', 'orgs.csv'));
        return path.join(folder, 'export');
      },
      /orgs\.csv/,
    ],
    [
      'a file cut in mid-row',
      (folder) => {
        const file = path.join(folder, 'export', 'enrollments.csv');
        truncateSync(file, readFileSync(file).length - 40);
        return path.join(folder, 'export');
      },
      /enrollments\.csv.*row \d+/,
    ],
    [
      'a ragged row',
      (folder) => {
        appendFileSync(path.join(folder, 'export', 'users.csv'), 'CANARY-VALUE,active\n');
        return path.join(folder, 'export');
      },
      /users\.csv.*row \d+/,
    ],
    [
      'a zip cut off',
      (folder) => {
        const zip = path.join(folder, 'export.zip');
        writeFileSync(zip, Buffer.concat([Buffer.from('PK\u0003\u0004'), Buffer.alloc(4_000, 7)]));
        return zip;
      },
      /export\.zip/,
    ],
  ])('%s', async (_, spoil, says) => {
    const folder = newFolder();
    cpSync(at.day1, path.join(folder, 'export'), { recursive: true });
    const here = await shared();
    const posts = (await at.api.requests()).POST;
    const ran = await here.sync(spoil(folder));
    expectSentence(ran, 1, says);
    expect(ran.stderr).not.toContain('CANARY');
    expect((await at.api.requests()).POST).toBe(posts);
  });

  test('a file that is still being written', async () => {
    const folder = path.join(newFolder(), 'export');
    cpSync(at.day1, folder, { recursive: true });
    const here = await shared();
    const growing = setInterval(() => appendFileSync(path.join(folder, 'enrollments.csv'), 'a'), 5);
    onTestFinished(() => clearInterval(growing));
    const ran = await here.sync(folder);
    clearInterval(growing);
    expectSentence(ran, 1, /enrollments\.csv|still being written|changed while/);
    expect((await here.run('status')).stdout).toContain('nothing sent yet');
  });
});

describe('words that are no command', () => {
  test.each<[string[], RegExp]>([
    [['bogus'], /^rollbook has no such command\. rollbook --help lists them\.$/],
    [['snyc'], /no such command\. Did you mean sync\?/],
    [['connect', 'bogus'], /^rollbook connect has no such command/],
    [['sync', '--bogus'], /^rollbook sync has no option --bogus\. rollbook sync --help explains it\.$/],
    [['sync', '--conection', 'x'], /has no option --conection\./],
    [['sync', '--connection', 'x', '--source', 'y', '--aprove'], /no option --aprove\. Did you mean --approve\?/],
    [['sync'], /^rollbook sync needs --connection <name>\./],
    [['sync', '--connection', 'x'], /^rollbook sync needs --source <path>\./],
    [['sync', '--connection'], /^The option --connection <name> needs a value\./],
    [['connect', 'add'], /rollbook connect add needs/],
    [['connect', 'test'], /^rollbook connect test needs <name>\./],
    [['status', 'all', 'of', 'it'], /^rollbook status was given more words than it takes\./],
    [['sandbox', '--port', 'http'], /^--port <n> has to be a whole number from 0 to 65,535\.$/],
  ])('%j', async (args, says) => {
    const ran = await rollbook(args, { data: newFolder() });
    expectSentence({ ...ran, stderr: ran.stderr.trim() }, 1, says);
    expect(ran.stdout).toBe('');
  });

  test('are said as a line to a program', async () => {
    for (const args of [
      ['sync', '--json', '--bogus'],
      ['--json', 'bogus'],
      ['demo', '--students', 'x', '--json'],
    ]) {
      const ran = await rollbook(args);
      expect(ran.code).toBe(1);
      expect(ran.stderr).toBe('');
      expect(jsonLines(ran)).toEqual([{ type: 'error', code: 'usage', sentence: expect.any(String), details: {} }]);
    }
  });

  test('nothing at all gets the help, every command has one, and the version is the package’s', async () => {
    const none = await rollbook([]);
    expect(none.code).toBe(1);
    expect(none.stderr).toContain('Usage: rollbook');
    const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
      version: string;
    };
    expect((await rollbook(['--version'])).stdout).toBe(`${version}\n`);
    const commands = ['', 'demo', 'sandbox', 'district', 'connect', 'connect add', 'connect list', 'connect test'];
    commands.push('connect remove', 'sync', 'problems', 'status', 'descriptors', 'descriptors list', 'descriptors map');
    for (const words of commands) {
      const ran = await rollbook([...words.split(' ').filter((word) => word !== ''), '--help']);
      expect(ran.code).toBe(0);
      expect(ran.stderr).toBe('');
      expect(ran.stdout).toMatch(new RegExp(`^Usage: rollbook ${words}`.trimEnd()));
      expect(Math.max(...ran.stdout.split('\n').map((line) => line.length))).toBeLessThanOrEqual(100);
    }
  });

  test('shared options go before the command as well', async () => {
    const data = newFolder();
    const ran = await rollbook(['--data', data, '--json', 'connect', 'list']);
    expect(jsonLines(ran)).toEqual([{ type: 'connections', connections: [] }]);
  });
});
