/**
 * The screens, as a browser shows them: production build, loopback host, real engine and ledger. Each figure beside the
 * same of a small ledger, or of a page where nothing happens, in the same run.
 */
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { ledgerKey } from '../../core/connections/ledger-key.ts';
import { startEngine } from '../../core/engine-host.ts';
import { type Ledger, openLedger } from '../../core/ledger/ledger.ts';
import { Kind, PendingState } from '../../core/ledger/pending.ts';
import { FULL_BYTES, KEY_BYTES, RecordState, SOURCE_BYTES } from '../../core/ledger/records.ts';
import { createSeal } from '../../core/ledger/seal.ts';
import { writeDistrict } from '../../core/sandbox/district/generate.ts';
import { startSandboxInWorker, type WorkerSandbox } from '../../core/sandbox/worker.ts';
import { type LoopbackApp, startLoopbackApp } from '../../electron/loopback/app.ts';
import { builtRenderer } from '../../electron/loopback/build.ts';
import { startBrowser } from '../e2e/browser.ts';
import type { Figure } from './figure.ts';

const NAME = 'bench';
const VIEWPORT = { width: 1366, height: 768 };
/** A frame that takes longer is seen as a stutter; a task that blocks the page for less is not told by the browser. */
const SEEN_MS = 50;

/** What is used of a page: the rest of the project has no types of a browser. */
interface Box {
  readonly top: number;
  readonly bottom: number;
}
interface Part {
  scrollTop: number;
  readonly scrollHeight: number;
  readonly clientHeight: number;
  readonly parentElement: Part | null;
  readonly textContent: string;
  querySelectorAll(selector: string): Iterable<Part>;
  getBoundingClientRect(): Box;
}
interface InPage {
  readonly location: { hash: string };
  readonly document: { querySelector(selector: string): Part | null };
  readonly innerHeight: number;
  getComputedStyle(part: Part): { readonly overflowY: string };
  requestAnimationFrame(frame: (now: number) => void): void;
  readonly PerformanceObserver: new (
    told: (list: { getEntries(): readonly { readonly duration: number }[] }) => void,
  ) => { observe(what: { readonly type: string }): void };
  /** Blocks of the page's thread since they were last asked for, in milliseconds. */
  blocks: number[];
}

interface Bench {
  readonly folder: string;
  readonly api: WorkerSandbox;
  readonly browser: Browser;
  readonly renderer: string;
}

/** @returns the figures of the screens, one after the other: painting, scrolling, staying awake while a batch runs */
export async function* desktop(folder: string): AsyncGenerator<Figure> {
  const [api, browser, renderer] = await Promise.all([startSandboxInWorker({}), startBrowser(), builtRenderer()]);
  const bench: Bench = { folder, api, browser, renderer };
  try {
    yield await firstPaint(bench);
    yield* scrolling(bench);
    yield await duringBatch(bench);
  } finally {
    await browser.close();
    await api.close();
  }
}

/** A host on a data folder with one connection, whose ledger was filled before. */
async function openHost({ folder, api, renderer }: Bench, name: string, fill: (ledger: Ledger, id: number) => void) {
  const data = path.join(folder, name);
  const secretFile = path.join(folder, 'secret.txt');
  writeFileSync(secretFile, api.secret, { mode: 0o600 });
  const engine = await startEngine({ folder: data, secrets: 'none', secret: undefined }, () => undefined);
  await engine.call('connections.add', { name: NAME, url: api.url, key: api.key, secretFile, studentId: 'identifier' });
  await engine.close();
  const { key } = await ledgerKey(data, true, undefined);
  const ledger = openLedger(data, createSeal(key));
  const id = ledger.connections()[0]?.id;
  if (id === undefined) throw new Error('The connection is not in the ledger.');
  ledger.transaction(() => fill(ledger, id));
  ledger.close();
  return startLoopbackApp({
    engine: { folder: data, secrets: 'none', secret: undefined },
    rendererDist: renderer,
    port: 0,
    onQuit: () => undefined,
  });
}

/** A page of its own, with an empty cache. */
async function withPage<T>({ browser }: Bench, use: (page: Page, context: BrowserContext) => Promise<T>): Promise<T> {
  const context = await browser.newContext({ viewport: VIEWPORT, locale: 'en-US' });
  try {
    return await use(await context.newPage(), context);
  } finally {
    await context.close();
  }
}

const go = (page: Page, hash: string): Promise<void> =>
  page.evaluate((to) => {
    (globalThis as unknown as InPage).location.hash = to;
  }, hash);

const median = (values: number[]): number => values.sort((a, b) => a - b)[Math.floor(values.length / 2)] as number;

const RECORDS = 1_000_000;
const RESOURCES = 10;
const LOADS = 7;

/** So many records at the API, and the batch that sent them. */
function confirmed(ledger: Ledger, connection: number, records: number): void {
  const now = Date.now();
  const keyHash = Buffer.alloc(KEY_BYTES);
  const fullHash = Buffer.alloc(FULL_BYTES, 1);
  const sourceHash = Buffer.alloc(SOURCE_BYTES);
  for (let resource = 0; resource < RESOURCES; resource++) {
    const id = ledger.resourceId(connection, `ed-fi/resource${resource}`);
    for (let i = 0; i < records / RESOURCES; i++) {
      keyHash.writeUInt32BE(i);
      sourceHash.writeUInt32BE(i);
      const apiId = i.toString(16).padStart(32, '0');
      ledger.records.confirm(id, { keyHash, fullHash, sourceHash, apiId, state: RecordState.confirmed }, now);
    }
  }
  const none = { updated: 0, deleted: 0, unchanged: 0, rejected: 0, held: 0, failed: 0, skipped: 0 };
  const account = { read: records, created: records, ...none };
  ledger.setBatch(ledger.startBatch(connection, now - 60_000), 'done', JSON.stringify({ account }), now);
}

/** From the click on the link to the connection's own card, with its numbers, in the page. */
async function firstPaint(bench: Bench): Promise<Figure> {
  const small = await openHost(bench, 'paint-small', (ledger, id) => confirmed(ledger, id, 0));
  try {
    const large = await openHost(bench, 'paint-large', (ledger, id) => confirmed(ledger, id, RECORDS));
    try {
      const times = { small: [] as number[], large: [] as number[] };
      // The first of each warms the host; then in turn, so that what else the machine does hits both.
      for (let load = 0; load <= LOADS; load++) {
        const [a, b] = [await paintOf(bench, small), await paintOf(bench, large)];
        if (load === 0) continue;
        times.small.push(a);
        times.large.push(b);
      }
      const [value, limit] = [median(times.large), median(times.small)];
      return {
        figure: 'overview of 1,000,000 confirmed records on the screen, against that of none',
        value,
        unit: 'ms',
        limit,
        ratio: value / limit,
        aim: 'about 1, and below 1,500 ms',
      };
    } finally {
      await large.close();
    }
  } finally {
    await small.close();
  }
}

const paintOf = (bench: Bench, app: LoopbackApp): Promise<number> =>
  withPage(bench, async (page) => {
    await page.goto(app.link(), { waitUntil: 'commit' });
    // Asked with each frame: what is told has been painted, or is about to be.
    const at = await page.waitForFunction(() =>
      (globalThis as unknown as InPage).document.querySelector('main h2') === null ? undefined : performance.now(),
    );
    return (await at.jsonValue()) as number;
  });

const CAUSES = 2_000;
const FEW = 100;
const SCROLL_MS = 8_000;
const ROUNDS = 3;
/** A quick flick of a wheel: some 20,000 pixels in a second. */
const STEP_PX = 350;

/** One cause with many records, and many causes with a few each. */
function problems(ledger: Ledger, connection: number, count: number, causes: number): void {
  const resourceId = ledger.resourceId(connection, 'ed-fi/students');
  const batchId = ledger.startBatch(connection, 0);
  for (let i = 0; i < count; i++) {
    // Three of five have the one cause.
    const isOne = i % 5 < 3 && i >= causes;
    const place = { resourceId, batchId, file: 'users.csv', row: i + 2 };
    const sourceHash = Buffer.from(String(i).padStart(SOURCE_BYTES, '0'));
    const problemId = ledger.problems.add(
      {
        ...place,
        code: isOne ? 'required-missing' : 'descriptor-unmapped',
        path: isOne ? '$.birthDate' : '$.birthSexDescriptor',
        subject: isOne ? undefined : 'SexDescriptor',
        value: isOne ? undefined : `code ${i % causes}`,
        status: undefined,
        sourceHash,
        detail: undefined,
      },
      1,
    );
    ledger.pending.insert(batchId, {
      ...place,
      kind: Kind.create,
      state: PendingState.rejected,
      keyHash: Buffer.from(String(i).padStart(KEY_BYTES, '0')),
      oldKeyHash: undefined,
      fullHash: undefined,
      sourceHash,
      body: JSON.stringify({ studentUniqueId: String(i), firstName: 'Bench', lastSurname: 'Bench' }),
      frozen: undefined,
      mapping: 'bench',
      problemId,
      rootId: undefined,
    });
  }
  ledger.setBatch(batchId, 'done', null, 2);
}

interface Scrolled {
  readonly frames: number;
  readonly late: number;
  readonly longest: number;
  readonly blank: number;
  /** How far down, in pixels. */
  readonly deepest: number;
  /** Frames at whose end the rows that follow were still being read. */
  readonly waiting: number;
}

/** Scrolls a list frame by frame; one that ends is scrolled up again. */
const scrollOf = (page: Page, selector: string): Promise<Scrolled> =>
  page.evaluate(
    ({ selector, step, duration, seen }) =>
      new Promise<Scrolled>((done) => {
        const inPage = globalThis as unknown as InPage;
        const list = inPage.document.querySelector(selector);
        if (list === null) throw new Error('There is no list.');
        let scroller = list;
        while (
          scroller.scrollHeight <= scroller.clientHeight + 1 ||
          inPage.getComputedStyle(scroller).overflowY === 'visible'
        ) {
          if (scroller.parentElement === null) break;
          scroller = scroller.parentElement;
        }
        const result = { frames: 0, late: 0, longest: 0, blank: 0, deepest: 0, waiting: 0 };
        /** The highest part of what is in sight of the list where no row is. */
        const hole = (): number => {
          const frame = scroller.getBoundingClientRect();
          const own = list.getBoundingClientRect();
          let at = Math.max(frame.top, own.top, 0);
          const end = Math.min(frame.bottom, own.bottom, inPage.innerHeight);
          let widest = 0;
          const rows = [...list.querySelectorAll('[role=row]')].map((row) => row.getBoundingClientRect());
          for (const { top, bottom } of rows.sort((a, b) => a.top - b.top)) {
            if (bottom < at || top > end) continue;
            widest = Math.max(widest, top - at);
            at = Math.max(at, bottom);
          }
          return Math.max(widest, end - at);
        };
        let direction = 1;
        let last: number | undefined;
        let begun: number | undefined;
        const frame = (now: number): void => {
          begun ??= now;
          if (last !== undefined) {
            const gap = now - last;
            result.frames += 1;
            result.longest = Math.max(result.longest, gap);
            if (gap > seen) result.late += 1;
            // What is there now is what the last frame showed.
            if (hole() > 40) result.blank += 1;
          }
          last = now;
          if (now - begun > duration) {
            done(result);
            return;
          }
          const most = scroller.scrollHeight - scroller.clientHeight;
          const isReading = list.textContent.includes('Reading more');
          if (scroller.scrollTop >= most - 1 && direction === 1) {
            if (isReading) result.waiting += 1;
            else direction = -1;
          } else if (scroller.scrollTop <= 0) direction = 1;
          scroller.scrollTop += direction * step;
          result.deepest = Math.max(result.deepest, scroller.scrollTop);
          inPage.requestAnimationFrame(frame);
        };
        inPage.requestAnimationFrame(frame);
      }),
    { selector, step: STEP_PX, duration: SCROLL_MS, seen: SEEN_MS },
  );

/** The list of causes and the records of one cause, scrolled as far as some seconds allow. */
async function scrolled(bench: Bench, app: LoopbackApp): Promise<Lists> {
  const page = await app.call('problems.list', { connection: NAME, limit: 1 });
  const [first] = page.groups;
  if (first === undefined) throw new Error('There are no problems.');
  return withPage(bench, async (page) => {
    await page.goto(app.link());
    await page.getByRole('heading', { level: 1 }).waitFor();
    await go(page, `#/problems/${NAME}`);
    const causes = 'main [role=grid]:not(table)';
    await page.locator(`${causes} [role=row]`).first().waitFor();
    const ofCauses = await scrollOf(page, causes);
    await go(page, `#/problems/${NAME}/${first.group}`);
    const records = 'main [role=grid][aria-label=Records]';
    await page.locator(`${records} [role=row]`).nth(3).waitFor();
    return { causes: ofCauses, records: await scrollOf(page, records) };
  });
}

interface Lists {
  readonly causes: Scrolled;
  readonly records: Scrolled;
}

const smoother = (a: Scrolled, b: Scrolled): Scrolled =>
  b.late < a.late || (b.late === a.late && b.longest < a.longest) ? b : a;
const smoothest = (a: Lists, b: Lists): Lists => ({
  causes: smoother(a.causes, b.causes),
  records: smoother(a.records, b.records),
});

/** In turn, so that what else the machine does hits both; of each the smoothest, for all that is more was not the page's. */
async function inTurn(bench: Bench, small: LoopbackApp, large: LoopbackApp): Promise<readonly [Lists, Lists]> {
  let few = await scrolled(bench, small);
  let many = await scrolled(bench, large);
  for (let round = 1; round < ROUNDS; round += 1) {
    few = smoothest(few, await scrolled(bench, small));
    many = smoothest(many, await scrolled(bench, large));
  }
  return [few, many];
}

async function* scrolling(bench: Bench): AsyncGenerator<Figure> {
  const small = await openHost(bench, 'problems-small', (ledger, id) => problems(ledger, id, 2 * FEW, FEW));
  const large = await openHost(bench, 'problems-large', (ledger, id) => problems(ledger, id, 100_000, CAUSES));
  const [few, many] = await inTurn(bench, small, large).finally(() => Promise.all([small.close(), large.close()]));
  for (const list of ['causes', 'records'] as const) {
    const { deepest, frames, waiting } = many[list];
    const what = `100,000 problems, ${list} scrolled ${Math.round(deepest).toLocaleString('en-US')} pixels down`;
    const told = (part: string): string => `${what}: ${part}, against a list of ${FEW}`;
    const against = (value: number, limit: number) => ({ value, limit, ratio: value / Math.max(limit, 1) });
    yield {
      figure: told(`frames of ${frames} that took more than ${SEEN_MS} ms`),
      ...against(many[list].late, few[list].late),
      unit: 'frames',
      aim: 'at most 1',
    };
    yield {
      figure: told('the longest frame'),
      ...against(many[list].longest, few[list].longest),
      unit: 'ms',
      aim: 'about 1',
    };
    yield {
      figure: told(`frames with a hole in the list (${waiting} more at its end, while a page was read)`),
      ...against(many[list].blank, few[list].blank),
      unit: 'frames',
      aim: '0',
    };
  }
}

/** Of a hundred thousand records and some. */
const STUDENTS = 4_500;
const IDLE_MS = 5_000;
const BATCH_MS = 60_000;

/** How long the page's own thread is blocked at worst while a batch runs that it shows. */
async function duringBatch(bench: Bench): Promise<Figure> {
  const source = path.join(bench.folder, 'district');
  await writeDistrict({ out: source, students: STUDENTS, clean: true });
  const app = await openHost(bench, 'batch', () => undefined);
  try {
    return await withPage(bench, async (page) => {
      await page.goto(app.link());
      await page.getByRole('heading', { level: 1 }).waitFor();
      await go(page, `#/batches/${NAME}`);
      await page.getByRole('heading', { level: 1, name: 'Batches' }).waitFor();
      await page.waitForTimeout(1_000);
      await page.evaluate(() => {
        const inPage = globalThis as unknown as InPage;
        inPage.blocks = [];
        new inPage.PerformanceObserver((list) => {
          for (const { duration } of list.getEntries()) inPage.blocks.push(duration);
        }).observe({ type: 'longtask' });
      });
      const longest = (): Promise<number> =>
        page.evaluate(() => Math.max(0, ...(globalThis as unknown as InPage).blocks.splice(0)));
      await page.waitForTimeout(IDLE_MS);
      const limit = await longest();
      const end = setTimeout(() => void app.call('sync.stop', {}).catch(() => undefined), BATCH_MS);
      const { account } = await app.call('sync.run', { connection: NAME, source, approve: true });
      clearTimeout(end);
      // Its report is shown.
      await page.waitForTimeout(2_000);
      const value = await longest();
      const sent = account.created.toLocaleString('en-US');
      return {
        figure: `batch of ${account.read.toLocaleString('en-US')} records (${sent} sent in a minute at most) shown as it runs: the longest block of the page, against a page where nothing happens (the browser tells those from ${SEEN_MS} ms on)`,
        value,
        unit: 'ms',
        limit,
        ratio: value / Math.max(limit, SEEN_MS),
        aim: 'below 100 ms',
      };
    });
  } finally {
    await app.close();
  }
}
