/** `rollbook sandbox`: the practice API as an orchestrator starts it. */
import { readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { adding, emptyStation } from './practice.ts';
import { expectSentence, jsonLines, newFolder, type Ran, type Running, resultOf, rollbook, start } from './run.ts';

interface Listening {
  readonly type: string;
  readonly url: string;
  readonly key: string;
  readonly secret: string;
}

async function sandbox(...args: string[]): Promise<{ running: Running; at: Listening }> {
  const running = start(['sandbox', '--json', ...args]);
  await running.until('\n');
  return { running, at: JSON.parse(running.stdout()) as Listening };
}

async function end(running: Running, signal: NodeJS.Signals): Promise<Ran> {
  running.child.kill(signal);
  const ran = await running.ended;
  expect(ran.stderr).toBe('');
  expect(ran.code).toBe(0);
  return ran;
}

const district = async (...args: string[]): Promise<string> => {
  const out = path.join(newFolder(), 'export');
  const ran = await rollbook(['district', '--out', out, '--students', '20', '--clean', ...args]);
  expect(ran.stderr).toBe('');
  return out;
};

describe('sandbox', () => {
  test('says in one line where it listens, and ends when told', async () => {
    const { running, at } = await sandbox();
    expect(Object.keys(at)).toEqual(['type', 'url', 'key', 'secret']);
    expect(at.type).toBe('listening');
    expect(at.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
    const discovery = (await (await fetch(at.url)).json()) as { urls: { oauth: string } };
    const token = await fetch(discovery.urls.oauth, {
      method: 'POST',
      headers: { authorization: `Basic ${btoa(`${at.key}:${at.secret}`)}` },
      body: new URLSearchParams({ grant_type: 'client_credentials' }),
    });
    expect(token.status).toBe(200);
    const ran = await end(running, 'SIGTERM');
    expect(jsonLines(ran)).toHaveLength(1);
    await expect(fetch(at.url)).rejects.toThrow();
  });

  test('says the same to a person', async () => {
    const running = start(['sandbox']);
    await running.until('Ctrl-C');
    expect(running.stdout()).toMatch(/listens on http:\/\/127\.0\.0\.1:\d+\n {2}key {5}\S+\n {2}secret {2}\S+\n/);
    await end(running, 'SIGINT');
  });

  test('keeps its items in a file across restarts', async () => {
    const file = path.join(newFolder(), 'api.db');
    const source = await district();
    const first = await sandbox('--file', file);
    const here = emptyStation(first.at);
    await here.run(...adding(first.at), '--no-test');
    const sent = resultOf(await here.sync(source, '--json'));
    expect(sent.account.created).toBeGreaterThan(100);
    await end(first.running, 'SIGTERM');

    const port = new URL(first.at.url).port;
    const second = await sandbox('--file', file, '--port', port);
    expect(second.at.url).toBe(first.at.url);
    // A ledger that knows nothing finds them all: the same, but nobody's yet.
    const other = emptyStation(second.at);
    await other.run(...adding(second.at), '--no-test');
    const again = resultOf(await other.sync(source, '--json'));
    expect(again.account.failed).toBe(0);
    const total = await itemsAt(second.at, 'studentSectionAssociations');
    expect(total).toBe(sent.resources.studentSectionAssociations?.created);
    await end(second.running, 'SIGTERM');
  });

  test('is the API of a document that it is given', async () => {
    const folder = newFolder();
    const { running, at } = await sandbox();
    const files: string[] = [];
    for (const name of ['resources', 'descriptors']) {
      const list = (await (await fetch(`${at.url}/metadata`)).json()) as { name: string; endpointUri: string }[];
      const entry = list.find((one) => one.name.toLowerCase() === name);
      const document = (await (await fetch(entry?.endpointUri ?? '')).json()) as { info: { title: string } };
      document.info.title = `A state's own ${name}`;
      files.push(path.join(folder, `${name}.json`));
      writeFileSync(files.at(-1) as string, JSON.stringify(document));
    }
    await end(running, 'SIGTERM');

    const state = await sandbox('--openapi', files[0] as string, '--openapi', files[1] as string);
    const list = (await (await fetch(`${state.at.url}/metadata`)).json()) as { name: string; endpointUri: string }[];
    const entry = list.find((one) => one.name.toLowerCase() === 'resources');
    const served = (await (await fetch(entry?.endpointUri ?? '')).json()) as { info: { title: string } };
    expect(served.info.title).toBe("A state's own resources");
    const here = emptyStation(state.at);
    expect((await here.run(...adding(state.at))).code).toBe(0);
    await end(state.running, 'SIGTERM');
  });

  test('refuses in a sentence what it cannot use', async () => {
    const folder = newFolder();
    const { running, at } = await sandbox();
    expectSentence(await rollbook(['sandbox', '--port', new URL(at.url).port]), 1, /cannot be listened on/);
    await end(running, 'SIGTERM');
    expectSentence(await rollbook(['sandbox', '--port', '70000']), 1, /--port <n> has to be a whole number/);
    const missing = path.join(folder, 'none.json');
    expectSentence(await rollbook(['sandbox', '--openapi', missing]), 1, /cannot be read/);
    const text = path.join(folder, 'text.json');
    writeFileSync(text, '<html>');
    expectSentence(await rollbook(['sandbox', '--openapi', text]), 1, /is not JSON/);
    expectSentence(await rollbook(['sandbox', '--file', text]), 1, /cannot keep its items/);
    expectSentence(await rollbook(['sandbox', '--file', path.join(text, 'x.db')]), 1, /cannot keep its items/);
    expectSentence(await rollbook(['sandbox', '--data-standard', '9']), 1, /has to be 3\.3b, 4\.0 or 5\.2/);
    expect(readdirSync(folder)).toEqual(['text.json']);
  });
});

/** How many items of a resource the API has. */
async function itemsAt(at: Listening, resource: string): Promise<number> {
  const discovery = (await (await fetch(at.url)).json()) as { urls: { oauth: string; dataManagementApi: string } };
  const answer = await fetch(discovery.urls.oauth, {
    method: 'POST',
    headers: { authorization: `Basic ${btoa(`${at.key}:${at.secret}`)}` },
    body: new URLSearchParams({ grant_type: 'client_credentials' }),
  });
  const { access_token: token } = (await answer.json()) as { access_token: string };
  const base = discovery.urls.dataManagementApi.replace(/\/$/, '');
  const counted = await fetch(`${base}/ed-fi/${resource}?totalCount=true&limit=1`, {
    headers: { authorization: `Bearer ${token}` },
  });
  return Number(counted.headers.get('total-count'));
}
