/**
 * Reads every item of a resource the best way the API has: by cursor in parallel partitions, else in slices of change
 * versions, else by offset.
 *
 * What is guaranteed: an item that is there, visible to the key, from the first request to the last is given at least
 * once, however many others come and go meanwhile; one that is changed meanwhile is given as it was or as it became,
 * and where it is given twice, the later one is the newer. One that comes or goes meanwhile may be given or not. The
 * same item may be given more than once: who counts has to count keys. It takes for granted what every Ed-Fi API does:
 * that two requests give the same items in the same order.
 */
import type { Trace } from './changes.ts';
import type { EdFiClient } from './client.ts';
import type { ResourceName } from './model.ts';
import { type ChangeWindow, goesInCircles, type Item, LARGEST_PAGE } from './reading.ts';

/** What a sweep needs of a client. */
export type Reader = Pick<EdFiClient, 'page' | 'partitions' | 'cursorPage' | 'availableChangeVersions'>;

export interface SweepOptions {
  /** Requests under way at once, at most; the client's own limit counts too. */
  readonly parallel: number;
  /** Only what changed from this change version on; for APIs with change queries. */
  readonly since?: number | undefined;
  /** Only what changed up to this one; what changes again during the sweep drops out of it. */
  readonly until?: number | undefined;
}

/**
 * Reads every item of a resource, or every item changed in a window of change versions.
 * @returns the items in pages of up to 500, in no particular order, not more than `parallel` pages in memory at once
 * @throws Failure as `EdFiClient.page` does
 */
export async function* sweep(
  client: Reader,
  resource: ResourceName,
  options: SweepOptions,
): AsyncGenerator<readonly Item[], void, void> {
  const parallel = Math.max(1, Math.trunc(options.parallel));
  const window = windowOf(options.since, options.until);
  const pageAt: PageAt<Item> = (offset, totalCount) =>
    client.page(resource, { limit: LARGEST_PAGE, offset, totalCount, window });
  const first = await pageAt(0, true);
  // Most resources of most districts end here, at one request each.
  if (isWhole(first)) {
    if (first.items.length > 0) yield first.items;
    return;
  }
  const parts = Math.min(parallel, Math.ceil((first.total ?? Number.POSITIVE_INFINITY) / LARGEST_PAGE));
  const tokens = await client.partitions(resource, parts, window);
  if (tokens !== undefined) {
    yield* together(
      tokens.map((token) => partition(client, resource, token, window)),
      parallel,
    );
    return;
  }
  if (first.total !== undefined && first.total > SLICE) {
    const versions = await client.availableChangeVersions();
    if (versions !== undefined && versions.newest > (options.since ?? 0)) {
      yield* bySlices(client, resource, options, parallel, first.total, versions.newest);
      return;
    }
  }
  yield* byOffset(resource, first, pageAt, parallel);
}

/**
 * Reads what the API tells of a resource's deletes or key changes in a window of change versions.
 * @param page `client.deletes` or `client.keyChanges`
 * @returns the traces in pages; undefined where the API does not tell them
 * @throws Failure as the client does
 */
export async function sweepTraces(
  page: EdFiClient['deletes'],
  resource: ResourceName,
  window: ChangeWindow,
  parallel: number,
): Promise<AsyncGenerator<readonly Trace[], void, void> | undefined> {
  const request = { limit: LARGEST_PAGE, window };
  const first = await page(resource, { ...request, offset: 0, totalCount: true });
  if (first === undefined) return undefined;
  return byOffset(
    resource,
    first,
    async (offset, totalCount) => (await page(resource, { ...request, offset, totalCount })) ?? { items: [] },
    Math.max(1, Math.trunc(parallel)),
  );
}

const windowOf = (since: number | undefined, until: number | undefined): ChangeWindow | undefined => {
  if (since === undefined && until === undefined) return undefined;
  return { since: since ?? 0, ...(until === undefined ? {} : { until }) };
};

interface Listed<T> {
  readonly items: readonly T[];
  /** How many there are in all, where the answer told it. */
  readonly total?: number;
}
type PageAt<T> = (offset: number, totalCount: boolean) => Promise<Listed<T>>;

/** Whether a first page holds all there was when it was made. */
const isWhole = <T>({ items, total }: Listed<T>): boolean =>
  items.length === 0 || (total !== undefined && items.length >= total);

/** One partition from its token to its end. A cursor names an item, so what comes and goes elsewhere moves nothing. */
async function* partition(
  client: Reader,
  resource: ResourceName,
  start: string,
  window: ChangeWindow | undefined,
): AsyncGenerator<readonly Item[], void, void> {
  const taken = new Set<string>();
  for (let token: string | undefined = start; token !== undefined; ) {
    taken.add(token);
    const page = await client.cursorPage(resource, { pageToken: token, pageSize: LARGEST_PAGE, window });
    if (page.items.length === 0) return;
    yield page.items;
    if (page.next !== undefined && page.next !== token && taken.has(page.next)) throw goesInCircles(resource);
    token = page.next === token ? undefined : page.next;
  }
}

/** A slice of change versions has about so many items: few enough that the last offset costs the API little. */
const SLICE = 5_000;

/**
 * A change gets its version before it can be seen, so the newest version can be known while lower ones are still to
 * appear. A window that follows another begins so many versions before that one's end.
 */
export const IN_FLIGHT = 256;

/**
 * Slices of change versions up to the newest there was at the start, read at the same time; then, in one open window,
 * what has changed since: an item that is changed before its slice is read has left the slice for that window.
 */
async function* bySlices(
  client: Reader,
  resource: ResourceName,
  { since = 0, until }: SweepOptions,
  parallel: number,
  total: number,
  newest: number,
): AsyncGenerator<readonly Item[], void, void> {
  const last = Math.min(newest, until ?? newest);
  const queue: AsyncGenerator<readonly Item[], void, void>[] = [];
  const slice = async function* (from: number, to: number | undefined): AsyncGenerator<readonly Item[], void, void> {
    const window = windowOf(from, to);
    const pageAt: PageAt<Item> = (offset, totalCount) =>
      client.page(resource, { limit: LARGEST_PAGE, offset, totalCount, window });
    const first = await pageAt(0, true);
    // Versions are given out over all resources, so those of one can lie close together.
    if (to !== undefined && to > from && first.total !== undefined && first.total > SLICE * 2) {
      const middle = Math.floor((from + to) / 2);
      queue.push(slice(from, middle), slice(middle + 1, to));
      return;
    }
    yield* byOffset(resource, first, pageAt, 1);
  };
  const width = Math.max(1, Math.ceil((last - since + 1) / Math.ceil(total / SLICE)));
  for (let from = since; from <= last; from += width) queue.push(slice(from, Math.min(last, from + width - 1)));
  yield* together(queue, parallel);
  if (until !== undefined && until <= newest) return;
  queue.push(slice(Math.max(since, newest + 1 - IN_FLIGHT), until));
  yield* together(queue, parallel);
}

/** Once items were deleted under a sweep, its pages overlap by so many items, and by more if that happens again. */
const BUSY = 32;

/** Full pages without anything new, one after the other: more than any amount of items that come in between explains. */
const MOST_STALE = 100;

/**
 * By offset. Each page begins with the last item of the one before: where it is not there, items before it were deleted
 * and everything has moved towards the beginning; then the reading steps back until it meets an item it knows, at worst
 * to the beginning. (Items that come in between move everything towards the end, and some are given again.) The end is
 * where a page, asked for behind the last item, has nothing new, or where its own total says so.
 */
async function* byOffset<T extends { readonly id: string }>(
  resource: ResourceName,
  first: Listed<T>,
  pageAt: PageAt<T>,
  parallel: number,
): AsyncGenerator<readonly T[], void, void> {
  if (first.items.length > 0) yield first.items;
  if (isWhole(first)) return;
  // Hosts may give smaller pages than were asked for.
  const size = first.items.length;
  let known = new Set(first.items.map(identityOf));
  let end = size;
  let total = first.total;
  let back = 1;
  let usual = 1;
  let stale = 0;
  for (;;) {
    // Pages of one item cannot overlap.
    const starts = [size === 1 ? end : Math.max(0, end - back)];
    // Further pages at the same time only while all goes well, and no further than there are items.
    if (back === usual && total !== undefined) {
      const step = size === 1 ? 1 : size - usual;
      for (let next = (starts[0] as number) + step; starts.length < parallel && next < total; next += step) {
        starts.push(next);
      }
    }
    const seen = total ?? 0;
    const pages = await Promise.all(starts.map((start) => pageAt(start, total !== undefined && start + size >= seen)));
    for (const [n, page] of pages.entries()) {
      const start = starts[n] as number;
      const { items } = page;
      const behind = start === 0 || size === 1 ? 0 : behindKnown(items, known);
      if (behind === undefined) {
        // Page by page, so that what is looked for is not stepped over.
        if (back === usual) {
          usual = Math.max(1, Math.min(Math.max(BUSY, usual * 2), Math.trunc(size / 2)));
          back = Math.max(usual, back + 1);
        } else back += size - 1;
        break;
      }
      back = usual;
      stale = items.some((item) => !known.has(identityOf(item))) ? 0 : stale + 1;
      if (stale > MOST_STALE) throw goesInCircles(resource);
      total = page.total ?? total;
      end = start + items.length;
      if (items.length > 0) known = new Set(items.map(identityOf));
      if (behind < items.length) yield behind === 0 ? items : items.slice(behind);
      if (page.total !== undefined && end >= page.total) return;
      if (items.length < size) {
        if (behind === items.length) return;
        break;
      }
    }
  }
}

/** What tells two entries of a list apart: one item can have changed its key twice. */
const identityOf = (entry: {
  readonly id: string;
  readonly changeVersion?: number;
  readonly body?: unknown;
}): string => (entry.id === '' ? JSON.stringify(entry) : `${entry.id} ${entry.changeVersion ?? ''}`);

/** @returns the place behind the last entry that is known; undefined where none is */
function behindKnown<T extends { readonly id: string }>(
  items: readonly T[],
  known: ReadonlySet<string>,
): number | undefined {
  for (let i = items.length - 1; i >= 0; i--) if (known.has(identityOf(items[i] as T))) return i + 1;
  return undefined;
}

/** Runs up to `parallel` of the readers in `queue` at once, which may add to it, and gives their pages as they come. */
async function* together<T>(queue: AsyncGenerator<T, void, void>[], parallel: number): AsyncGenerator<T, void, void> {
  type Step = { readonly reader: AsyncGenerator<T, void, void>; readonly result: IteratorResult<T, void> };
  const running = new Map<AsyncGenerator<T, void, void>, Promise<Step>>();
  const advance = (reader: AsyncGenerator<T, void, void>): void => {
    running.set(
      reader,
      reader.next().then((result) => ({ reader, result })),
    );
  };
  try {
    for (;;) {
      while (running.size < parallel) {
        const reader = queue.shift();
        if (reader === undefined) break;
        advance(reader);
      }
      if (running.size === 0) return;
      const { reader, result } = await Promise.race(running.values());
      if (result.done) {
        running.delete(reader);
        continue;
      }
      // Its next page is fetched while this one is looked at.
      advance(reader);
      yield result.value;
    }
  } finally {
    // After a failure, or when the caller has seen enough: what is still under way is nobody's any more.
    for (const [reader, step] of running) {
      step.catch(() => undefined);
      void reader.return();
    }
  }
}
