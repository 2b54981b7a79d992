import { createHash } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { AxeBuilder } from '@axe-core/playwright';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type BundleView, bundleContent } from '../../core/support/bundle/content.ts';
import { renderPage } from '../../core/support/bundle/html.ts';
import { html } from '../../core/support/bundle/markup.ts';
import { shownDuration } from '../../core/support/bundle/numbers.ts';
import type { Reference } from '../../core/support/fields.ts';
import { startBrowser } from '../e2e/browser.ts';
import { facts } from './facts.ts';

const page = (): string => bundleContent(facts())[0]?.text ?? '';

const HOSTILE = `"><script>alert('x')</script>&amp;`;
const hostileView: BundleView = {
  madeAt: '2026-11-21T05:32:10.123Z',
  environment: {
    rollbook: HOSTILE,
    node: HOSTILE,
    electron: HOSTILE,
    host: 'desktop',
    platform: 'linux',
    arch: 'x64',
    osMajor: 6,
    cores: 2,
    memoryGb: 8,
    ledger: { schemaVersion: 2, megabytes: 0, records: 0, openProblems: '<10' },
    settings: { concurrency: 8, patienceSeconds: 20, retentionDays: 1, secrets: 'file' },
  },
  connections: [
    {
      label: HOSTILE as 'C1',
      apiVersion: HOSTILE,
      dataStandard: HOSTILE,
      extensions: [{ name: HOSTILE, version: HOSTILE }],
      claimSet: 'other',
      permissions: [{ resource: HOSTILE, operations: ['read'] }],
      educationOrganizations: 1,
      namespaces: 1,
      profiles: 0,
      traits: [],
      resourcesOff: [HOSTILE],
      vanished: 'keep',
      mapping: 'own',
      descriptorMappings: 1,
      records: '<10',
      keySince: HOSTILE,
      specificationAt: null,
    },
  ],
  groups: [
    {
      connection: HOSTILE,
      rank: 1,
      reference: HOSTILE,
      code: HOSTILE,
      title: HOSTILE,
      who: HOSTILE,
      severity: 'error',
      retryHelps: false,
      resource: HOSTILE,
      path: HOSTILE,
      subject: HOSTILE,
      httpStatus: 400,
      status: 'new',
      firstSeen: HOSTILE,
      lastSeen: HOSTILE,
      records: '<10',
      held: 0,
      trend: [{ batch: 1, records: '<10' }],
      examples: [HOSTILE],
    },
  ],
  batches: [
    {
      connection: HOSTILE as 'C1',
      batch: 1,
      reference: HOSTILE as Reference<'B'>,
      kind: 'sync',
      state: 'done',
      startedAt: HOSTILE,
      endedAt: HOSTILE,
      stoppedBy: null,
      account: null,
      resources: [],
      requests: null,
      timings: { totalMs: 5, planMs: null, sendMs: null, latencyP50Ms: null, latencyP95Ms: null, connections: null },
    },
  ],
  events: 0,
  blocked: '<10',
  drops: { events: 0, eventsBySink: 0, groups: 0, batches: 0, connections: 0, names: 0 },
};

describe('the page', () => {
  it('escapes every value, in text and attributes', () => {
    const text = renderPage(hostileView);
    expect(text).not.toContain('<script');
    expect(text).not.toContain(`"><`.concat('script'));
    expect(text.match(/&lt;script&gt;alert\(&#39;x&#39;\)&lt;\/script&gt;&amp;amp;/g)?.length).toBeGreaterThan(15);
    expect(text).toContain('&lt;10');
    // What only looks like markup is not taken for it.
    expect(html`<p>${{ markup: '<b>' }}</p>`.markup).toBe('<p></p>');
  });

  it('has a policy that allows its one style sheet and nothing else', () => {
    const policy = /<meta http-equiv="Content-Security-Policy" content="([^"]+)">/.exec(page())?.[1] ?? '';
    const style = /<style>([\s\S]*)<\/style>/.exec(page())?.[1] ?? '';
    const sum = createHash('sha256').update(style).digest('base64');
    expect(policy.split('; ')).toEqual([
      "default-src 'none'",
      `style-src 'sha256-${sum}'`,
      "base-uri 'none'",
      "form-action 'none'",
    ]);
    expect(page()).not.toMatch(/<script|<link|<img|\sstyle=|\son\w+=|src=|https?:/);
  });

  it('has no long number in it but in times and what the policy says', () => {
    const rest = page()
      .replace(/<style>[\s\S]*<\/style>|sha256-[^']+/g, '')
      .replace(/datetime="[^"]+"/g, '');
    expect(rest).not.toMatch(/\d{5}/);
    expect(rest).toContain('410,000');
  });

  it('shows at most 24 batches of a connection and says where the others are', () => {
    expect(page()).toContain('Older batches are in batches.json.');
    expect(page().match(/<tr><th scope="row" class="num">\d+<\/th><td class="keep">/g)).toHaveLength(24 + 2);
  });

  it('shows durations in two units', () => {
    expect([0, 999, 1_000, 59_400, 754_000, 7_500_000, 8_640_000_000].map(shownDuration)).toEqual([
      '0 ms',
      '999 ms',
      '1 s',
      '59 s',
      '12 min 34 s',
      '2 h 5 min',
      '2,400 h 0 min',
    ]);
  });
});

describe('the page in a browser', () => {
  let folder: string;
  let browser: Browser;
  beforeAll(async () => {
    folder = await mkdtemp(path.join(os.tmpdir(), 'rollbook-page-'));
    await writeFile(path.join(folder, 'index.html'), page());
    browser = await startBrowser();
  });
  afterAll(async () => {
    await browser.close();
    await rm(folder, { recursive: true });
  });

  it.each([
    ['light', 'none'],
    ['dark', 'none'],
    ['dark', 'active'],
  ] as const)(
    'is without a violation of axe or the policy, scheme %s, forced colours %s',
    async (colorScheme, forcedColors) => {
      const context = await browser.newContext({ colorScheme, forcedColors, bypassCSP: true });
      const tab = await context.newPage();
      await tab.goto(pathToFileURL(path.join(folder, 'index.html')).href);
      await tab
        .locator('details')
        .first()
        .evaluate((details) => details.setAttribute('open', ''));
      const { violations } = await new AxeBuilder({ page: tab }).analyze();
      expect(violations.map(({ id, nodes }) => [id, nodes[0]?.html])).toEqual([]);
      await context.close();

      // With the policy at work: the style sheet applies, nothing is refused, nothing is fetched.
      const strict = await browser.newContext({ colorScheme, forcedColors });
      const other = await strict.newPage();
      const told: string[] = [];
      const requests: string[] = [];
      other.on('console', (message) => told.push(message.text()));
      other.on('request', (request) => requests.push(request.url()));
      await other.goto(pathToFileURL(path.join(folder, 'index.html')).href);
      expect(await other.evaluate("getComputedStyle(document.querySelector('.top .in')).maxWidth")).toBe('1440px');
      expect(told).toEqual([]);
      expect(requests).toHaveLength(1);
      await strict.close();
    },
  );

  it('needs no sideways scrolling of the page itself in a narrow window', async () => {
    const tab = await browser.newPage({ viewport: { width: 640, height: 800 } });
    await tab.goto(pathToFileURL(path.join(folder, 'index.html')).href);
    expect(await tab.evaluate('document.documentElement.scrollWidth - innerWidth')).toBeLessThanOrEqual(0);
    await tab.close();
  });
});
