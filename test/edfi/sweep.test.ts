/** Reading all of a resource while others come and go, from servers that page in each of the ways there are. */
import { expect, onTestFinished, test } from 'vitest';
import type { ClientOptions, EdFiClient } from '../../core/edfi/client.ts';
import { sweep, sweepTraces } from '../../core/edfi/sweep.ts';
import { clientOf, discoveryBody, failureOf, json, serveApi, type TestServer } from './server.ts';

interface Stored {
  readonly id: string;
  version: number;
}

interface Options {
  /** Whether Total-Count is given where it is asked for; by itself always with 'always'. */
  readonly total?: 'asked' | 'always' | 'never';
  /** The most items of a page. */
  readonly cap?: number;
  readonly cursors?: boolean;
  readonly changes?: boolean;
  /** Milliseconds before an answer, so that requests can meet. */
  readonly delay?: number;
  /** Before a page is made: its number, from 1. */
  readonly before?: (page: number, items: Stored[]) => void;
}

interface Pager {
  readonly server: TestServer;
  readonly items: Stored[];
  /** Data requests so far, as paths behind the resource. */
  requests(): string[];
  client(options?: Partial<ClientOptions>): EdFiClient;
}

const stored = (count: number, from = 1): Stored[] =>
  Array.from({ length: count }, (_, i) => ({ id: `item-${String(from + i).padStart(6, '0')}`, version: from + i }));

/** A server with one resource, its items in the order of their ids as long as nobody changes it. */
async function pager(items: Stored[], options: Options = {}): Promise<Pager> {
  const { total = 'asked', cap = 500, cursors = false, changes = false } = options;
  let pages = 0;
  const server = await serveApi({
    discovery: (base) => {
      const body = discoveryBody(base);
      return changes ? { ...body, urls: { ...body.urls, changeQueries: `${base}/changeQueries/v1/` } } : body;
    },
    other: (request, response) => {
      if (request.path !== '/changeQueries/v1/availableChangeVersions') return json(response, 404, {});
      const newest = Math.max(0, ...items.map(({ version }) => version));
      return json(response, 200, { oldestChangeVersion: 0, newestChangeVersion: newest });
    },
    data: async (request, response) => {
      if (options.delay !== undefined) await new Promise((resolve) => setTimeout(resolve, options.delay));
      const { pathname, searchParams: query } = new URL(request.path, 'http://here');
      const within = (one: Stored): boolean =>
        one.version >= Number(query.get('minChangeVersion') ?? 0) &&
        one.version <= Number(query.get('maxChangeVersion') ?? Number.MAX_SAFE_INTEGER);
      if (pathname.endsWith('/partitions')) {
        if (!cursors) return json(response, 404, {});
        const ids = items.filter(within).map(({ id }) => id);
        const size = Math.ceil(ids.length / Number(query.get('number')));
        const starts = ids.filter((_, i) => i % size === 0);
        return json(response, 200, { pageTokens: starts.map((id, i) => `${id}|${starts[i + 1] ?? '~'}`) });
      }
      pages += 1;
      options.before?.(pages, items);
      const found = items.filter(within);
      const token = query.get('pageToken');
      const headers: Record<string, string> = {};
      let page: Stored[];
      if (token === null) {
        const offset = Number(query.get('offset'));
        page = found.slice(offset, offset + Math.min(cap, Number(query.get('limit'))));
        if (total === 'always' || (total === 'asked' && query.get('totalCount') === 'true')) {
          headers['total-count'] = String(found.length);
        }
      } else {
        const [from = '', to = ''] = token.split('|');
        page = found.filter(({ id }) => id >= from && id < to).slice(0, Number(query.get('pageSize')));
        const last = page.at(-1);
        if (last !== undefined) headers['next-page-token'] = `${last.id}!|${to}`;
      }
      return json(
        response,
        200,
        page.map(({ id }) => ({ id, _etag: 'x' })),
        headers,
      );
    },
  });
  onTestFinished(() => server.close());
  return {
    server,
    items,
    requests: () =>
      server.seen.flatMap(({ path }) =>
        path.startsWith('/data/v3/ed-fi/x') ? [path.slice('/data/v3/ed-fi/x'.length)] : [],
      ),
    client(settings) {
      const { client } = clientOf(server.url, { retry: { attempts: 1 }, ...settings });
      onTestFinished(() => client.close());
      return client;
    },
  };
}

async function idsOf(pages: AsyncIterable<readonly { readonly id: string }[]>): Promise<string[]> {
  const ids: string[] = [];
  for await (const page of pages) ids.push(...page.map(({ id }) => id));
  return ids;
}
const idsIn = (items: readonly Stored[]): string[] => items.map(({ id }) => id);
const sorted = (ids: readonly string[]): string[] => [...ids].sort();
const expectAll = (read: readonly string[], stable: readonly string[]): void => {
  const seen = new Set(read);
  expect(stable.filter((id) => !seen.has(id))).toEqual([]);
};

test('a small resource is one request, and an empty one too', async () => {
  const small = await pager(stored(60), { cursors: true, changes: true });
  expect(await idsOf(sweep(small.client(), 'ed-fi/x', { parallel: 8 }))).toEqual(idsIn(small.items));
  expect(small.requests()).toEqual(['?limit=500&offset=0&totalCount=true']);
  const empty = await pager([]);
  expect(await idsOf(sweep(empty.client(), 'ed-fi/x', { parallel: 8 }))).toEqual([]);
  expect(empty.requests()).toHaveLength(1);
});

test('partitions are read side by side, each item once, within the bounds set', async () => {
  const api = await pager(stored(4_321), { cursors: true, delay: 5 });
  const client = api.client({ maxConnections: 3 });
  const read = await idsOf(sweep(client, 'ed-fi/x', { parallel: 4 }));
  expect(sorted(read)).toEqual(idsIn(api.items));
  const requests = api.requests();
  expect(requests.filter((path) => path.startsWith('/partitions'))).toEqual(['/partitions?number=4']);
  // Four parts of 1,081: three pages and an empty one each.
  expect(requests.filter((path) => path.includes('pageToken='))).toHaveLength(16);
  expect(api.server.busiest()).toBeLessThanOrEqual(3);
  expect(api.server.busiest()).toBeGreaterThan(1);
});

test('what is deleted meanwhile moves nothing that a cursor reads', async () => {
  const api = await pager(stored(2_600), {
    cursors: true,
    before: (page, items) => void (page > 1 && items.splice(page * 7, 5)),
  });
  const read = await idsOf(sweep(api.client(), 'ed-fi/x', { parallel: 2 }));
  expectAll(read, idsIn(api.items));
  expect(new Set(read).size).toBe(read.length);
});

test('a host without partitions is asked for them once', async () => {
  const api = await pager(stored(1_200));
  const client = api.client();
  for (let i = 0; i < 3; i++) {
    expect(sorted(await idsOf(sweep(client, 'ed-fi/x', { parallel: 4 })))).toEqual(idsIn(api.items));
  }
  expect(api.requests().filter((path) => path.startsWith('/partitions'))).toHaveLength(1);
});

test('by offset, each page begins with the last item of the one before', async () => {
  const api = await pager(stored(1_600));
  const read = await idsOf(sweep(api.client(), 'ed-fi/x', { parallel: 4 }));
  expect(sorted(read)).toEqual(idsIn(api.items));
  expect(new Set(read).size).toBe(read.length);
  const offsets = api
    .requests()
    .filter((path) => path.startsWith('?'))
    .map((path) => Number(new URLSearchParams(path).get('offset')));
  expect(sorted(offsets.map(String))).toEqual(sorted(['0', '499', '998', '1497']));
});

test.each([
  ['tells totals when asked', { total: 'asked' }],
  ['tells them always', { total: 'always' }],
  ['tells none', { total: 'never' }],
  ['gives smaller pages', { cap: 100 }],
  ['gives smaller pages and no totals', { cap: 100, total: 'never' }],
  ['gives pages of one', { cap: 1 }],
] as const)('a host that %s is read to its end', async (_, options) => {
  const count = 'cap' in options && options.cap === 1 ? 20 : 1_000;
  const api = await pager(stored(count), options);
  expect(sorted(await idsOf(sweep(api.client(), 'ed-fi/x', { parallel: 3 })))).toEqual(idsIn(api.items));
  expect(api.requests().length).toBeLessThan(count / 10 + 30);
});

test.each([1, 4])('deletes before the place that is read make no gap (%i at a time)', async (parallel) => {
  const gone = new Set<string>();
  const api = await pager(stored(3_000), {
    before: (page, items) => {
      if (page === 1 || page % 2 === 1 || gone.size >= 400) return;
      // More than the overlap, and from page to page from other places.
      for (const one of items.splice((page * 37) % 400, 40)) gone.add(one.id);
    },
  });
  const stable = await sweepAndStable(api, parallel);
  expect(gone.size).toBeGreaterThan(80);
  expect(stable).toBeGreaterThan(2_000);
});

test('deletes of a whole page, the last one read among it, lead back to what is known', async () => {
  const api = await pager(stored(3_000), {
    total: 'never',
    before: (page, items) => void (page === 3 && items.splice(100, 1_200)),
  });
  await sweepAndStable(api, 1);
});

test('when everything that was read is gone, the reading begins again', async () => {
  const api = await pager(stored(2_000), { before: (page, items) => void (page === 2 && items.splice(0, 700)) });
  await sweepAndStable(api, 1);
});

test('items that come in between, at the front or at the end, cost nobody a place', async () => {
  const api = await pager(stored(1_700, 1_000), {
    before: (page, items) => {
      if (page === 1) return;
      items.unshift({ id: `early-${page}`, version: 1 }, { id: `earlier-${page}`, version: 1 });
      items.push({ id: `late-${page}`, version: 1 });
    },
  });
  await sweepAndStable(api, 2);
});

/** Sweeps, and expects every item that was there from the beginning to the end. @returns how many those are */
async function sweepAndStable(api: Pager, parallel: number): Promise<number> {
  const before = idsIn(api.items);
  const read = await idsOf(sweep(api.client(), 'ed-fi/x', { parallel }));
  const after = new Set(idsIn(api.items));
  const stable = before.filter((id) => after.has(id));
  expectAll(read, stable);
  return stable.length;
}

test('a large resource is read in slices of change versions, so that offsets stay small', async () => {
  const items = stored(12_000);
  // Nearly all of them were changed in one go, as by a load: a slice of even width would hold far too many.
  for (const [i, one] of items.entries()) if (i % 16 !== 0) one.version = 1_000_000 + (i % 3_000);
  const api = await pager(items, { changes: true });
  expectAll(await idsOf(sweep(api.client(), 'ed-fi/x', { parallel: 3 })), idsIn(items));
  const offsets = api.requests().map((path) => Number(new URLSearchParams(path).get('offset') ?? 0));
  expect(Math.max(...offsets)).toBeLessThan(10_000);
});

test('an item that changes before its slice is read is found behind all slices', async () => {
  let changed = 0;
  const api = await pager(stored(11_000), {
    changes: true,
    before: (page, items) => {
      if (page === 1 || page % 3 !== 0 || changed > 2_000) return;
      const newest = Math.max(...items.map(({ version }) => version));
      // Of each of the slices, read or not.
      for (let i = page; i < items.length; i += 97) {
        const one = items[i] as Stored;
        one.version = newest + 1 + i;
        changed += 1;
      }
    },
  });
  const stable = await sweepAndStable(api, 2);
  expect(changed).toBeGreaterThan(1_000);
  expect(stable).toBe(11_000);
});

test('a window gives what changed in it, by whichever way', async () => {
  const small = await pager(stored(900), { changes: true });
  const some = await idsOf(sweep(small.client(), 'ed-fi/x', { parallel: 2, since: 800, until: 850 }));
  expect(some).toEqual(idsIn(small.items.slice(799, 850)));
  const large = await pager(stored(1_900), { changes: true, cursors: true });
  const read = await idsOf(sweep(large.client(), 'ed-fi/x', { parallel: 2, since: 501 }));
  expect(sorted(read)).toEqual(idsIn(large.items.slice(500)));
  expect(large.requests().every((path) => path.includes('minChangeVersion=501'))).toBe(true);
  const sliced = await pager(stored(13_000), { changes: true });
  const half = await idsOf(sweep(sliced.client(), 'ed-fi/x', { parallel: 2, since: 6_001, until: 12_000 }));
  expect(sorted(half)).toEqual(idsIn(sliced.items.slice(6_000, 12_000)));
});

test('what the API refuses is a failure, and what was under way is let go', async () => {
  const server = await serveApi({
    data: (request, response) => {
      if (request.path.includes('/partitions')) return json(response, 200, { pageTokens: ['a', 'b'] });
      if (request.path.includes('pageToken=b')) return json(response, 403, {});
      json(response, 200, [{ id: request.path }], { 'total-count': '2000', 'next-page-token': `a${Math.random()}` });
    },
  });
  onTestFinished(() => server.close());
  const { client } = clientOf(server.url, { retry: { attempts: 1 } });
  onTestFinished(() => client.close());
  const failure = await failureOf(idsOf(sweep(client, 'ed-fi/x', { parallel: 2 })));
  expect(failure).toMatchObject({ code: 'api-unusable', details: { reason: 'not-authorized' } });
});

test('a caller that has seen enough leaves nothing running', async () => {
  const api = await pager(stored(5_000), { cursors: true });
  for await (const page of sweep(api.client(), 'ed-fi/x', { parallel: 2 })) {
    expect(page.length).toBeGreaterThan(0);
    break;
  }
  const asked = api.requests().length;
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(api.requests().length).toBeLessThanOrEqual(asked + 2);
});

test('deletes and key changes are read in pages; a host without them says so', async () => {
  const gone = Array.from({ length: 700 }, (_, i) => ({ id: `g${i}`, changeVersion: i, keyValues: { a: String(i) } }));
  const server = await serveApi({
    data: (request, response) => {
      const { pathname, searchParams: query } = new URL(request.path, 'http://here');
      if (!pathname.endsWith('/deletes')) return json(response, 404, {});
      const found = gone.filter(({ changeVersion }) => changeVersion >= Number(query.get('minChangeVersion')));
      const offset = Number(query.get('offset'));
      json(response, 200, found.slice(offset, offset + 500), { 'total-count': String(found.length) });
    },
  });
  onTestFinished(() => server.close());
  const { client } = clientOf(server.url, { retry: { attempts: 1 } });
  onTestFinished(() => client.close());
  const traces = await sweepTraces(client.deletes, 'ed-fi/x', { since: 100 }, 2);
  const read: unknown[] = [];
  for await (const page of traces ?? []) read.push(...page);
  expect(read).toEqual(gone.slice(100));
  expect(await sweepTraces(client.keyChanges, 'ed-fi/x', { since: 0 }, 2)).toBeUndefined();
});

test('change versions: told, told in the older spelling, not told', async () => {
  const told = await pager(stored(3), { changes: true });
  expect(await told.client().availableChangeVersions()).toEqual({ oldest: 0, newest: 3 });
  const silent = await pager(stored(3));
  expect(await silent.client().availableChangeVersions()).toBeUndefined();
  for (const [body, expected] of [
    [
      { OldestChangeVersion: 2, NewestChangeVersion: 9 },
      { oldest: 2, newest: 9 },
    ],
    [{ error: 'switched off' }, undefined],
  ] as const) {
    const server = await serveApi({
      discovery: (base) => ({
        ...discoveryBody(base),
        urls: { ...discoveryBody(base).urls, changeQueries: `${base}/changes` },
      }),
      other: (_, response) => json(response, 200, body),
    });
    onTestFinished(() => server.close());
    const { client } = clientOf(server.url);
    onTestFinished(() => client.close());
    expect(await client.availableChangeVersions()).toEqual(expected);
  }
});
