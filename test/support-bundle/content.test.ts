import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { BUNDLE_FILES, type BundleFileName, bundleContent, eventLine } from '../../core/support/bundle/content.ts';
import type { BatchFacts, BundleInput } from '../../core/support/bundle/input.ts';
import { lineParser } from '../../core/support/reading.ts';
import { facts, lines, NOW, words } from './facts.ts';

const textOf = (input: BundleInput, name: BundleFileName): string =>
  bundleContent(input).find((file) => file.name === name)?.text ?? '';
// biome-ignore lint/suspicious/noExplicitAny: what was written is read as anybody would
const jsonOf = (input: BundleInput, name: BundleFileName): any => JSON.parse(textOf(input, name));

describe('a bundle', () => {
  it('has the same bytes for the same facts', () => {
    expect(bundleContent(facts())).toEqual(bundleContent(facts()));
    expect(bundleContent(facts()).map(({ name }) => name)).toEqual([...BUNDLE_FILES]);
  });

  it('passes on each event line only after parsing it again, and counts the others', () => {
    const input = facts();
    const bad = [
      'Rosalinda',
      JSON.stringify({ v: 1, at: NOW, seq: 9, type: 'app.stopped', why: 'asked', ranMs: 5, name: 'Rosalinda' }),
      JSON.stringify({ v: 1, at: NOW, seq: 9, type: 'batch.stopped', connection: 'C1', code: 'Rosalinda' }),
      `${lines[0]?.slice(0, -4)}`,
    ];
    const given: BundleInput = {
      ...input,
      events: { ...input.events, lines: [...bad, '', ...lines], refused: () => 2 },
    };
    const text = textOf(given, 'events.jsonl');
    expect(text).toBe(`${lines.join('\n')}\n`);
    expect(text).not.toContain('Rosalinda');
    const parse = lineParser({ words });
    for (const line of text.trimEnd().split('\n')) expect(eventLine(parse(line) ?? {})).toBe(line);
    expect(jsonOf(given, 'manifest.json').dropped).toMatchObject({ events: 6, eventsBySink: 3 });
  });

  it('ranks groups by what fixing them releases, those that are done with last', () => {
    const { groups } = jsonOf(facts(), 'groups.json');
    expect(groups.map(({ reference, status }: { reference: string; status: string }) => [reference, status])).toEqual([
      ['G-7K4M-2Q', 'ongoing'],
      ['G-9XWB-Z3', 'new'],
      ['G-G2TT-5H', 'regressed'],
      ['G-B5B5-B5', 'ignored'],
      ['G-C6C6-C6', 'fixed'],
      ['G-D7D7-D7', 'resolved'],
    ]);
    expect(groups[0]).toMatchObject({
      rank: 1,
      title: 'A code has no GradeLevelDescriptor',
      who: 'steward',
      path: 'entryGradeLevelDescriptor',
      records: 410,
      held: 4100,
      firstSeen: '2026-11-09T05:32:10.123Z',
    });
  });

  it('tells no count under ten, anywhere, and of larger ones two digits: a difference of two of them tells none either', () => {
    const { groups } = jsonOf(facts(), 'groups.json');
    expect(groups[2]).toMatchObject({ records: '<10', held: 30 });
    expect(groups[0].trend.map(({ records }: { records: unknown }) => records)).toEqual([
      '<10',
      '<10',
      10,
      380,
      400,
      410,
    ]);
    expect(groups[3]).toMatchObject({ records: 10, held: 0 });
    const { batches } = jsonOf(facts(), 'batches.json');
    expect(batches[2].account).toMatchObject({ deleted: '<10', failed: '<10', created: 30, balanced: true });
    expect(jsonOf(facts(), 'connections.json').connections[1].records).toBe('<10');
    const counts = ['read', 'created', 'updated', 'deleted', 'unchanged', 'rejected', 'held', 'failed', 'skipped'];
    const visit = (value: unknown): void => {
      if (typeof value !== 'object' || value === null) return;
      for (const [key, inner] of Object.entries(value)) {
        if ((counts.includes(key) || key === 'records') && typeof inner === 'number')
          expect(inner === 0 || (inner >= 10 && /^\d\d?0*$/.test(String(inner)) && inner % 10 === 0), key).toBe(true);
        visit(inner);
      }
    };
    for (const name of ['groups.json', 'batches.json', 'connections.json', 'environment.json'] as const) {
      visit(jsonOf(facts(), name));
    }
  });

  it('says so where an account does not add up', () => {
    const input = facts();
    const [first] = input.batches;
    if (first?.account == null) throw new Error('the facts have an account');
    const wrong = { ...first, account: { ...first.account, read: first.account.read + 1 } };
    expect(jsonOf({ ...input, batches: [wrong] }, 'batches.json').batches[0].account.balanced).toBe(false);
    expect(textOf({ ...input, batches: [wrong] }, 'index.html')).toContain('does not add up');
  });

  it('leaves out what does not fit, and counts it', () => {
    const input = facts();
    const [connection] = input.connections;
    const [group] = input.groups;
    const [batch] = input.batches;
    if (connection === undefined || group === undefined || batch === undefined) throw new Error('the facts have them');
    const extra: object = { note: 'Rosalinda' };
    // A resource that the specification no longer has takes no batch with it.
    const gone = {
      ...batch,
      resources: [...batch.resources, { ...batch.resources[0], resource: 'rosalindas' }],
    } as BatchFacts;
    const given: BundleInput = {
      ...input,
      connections: [
        ...input.connections,
        { ...connection, label: 'Rosalinda High' },
        { ...connection, ...extra },
        {
          ...connection,
          extensions: [{ name: 'rosalinda', version: 'Rosalinda' }],
          permissions: [{ resource: 'ed-fi/rosalinda', operations: ['read'] }],
          resourcesOff: ['rosalinda/*'],
        },
      ],
      groups: [
        ...input.groups,
        { ...group, resource: 'ed-fi/rosalinda' },
        { ...group, reference: 'Rosalinda' },
        { ...group, examples: ['R-7K4M-2Q', 'Rosalinda'] },
        { ...group, firstSeen: Date.UTC(2011, 4, 5) },
        { ...group, records: 0.5 },
        { ...group, path: '$.rosalinda', subject: 'Rosalinda' },
      ],
      batches: [...input.batches, { ...batch, ...extra }, { ...batch, reference: 'Rosalinda' }, gone],
    };
    const files = bundleContent(given);
    expect(files.some(({ text }) => /rosalinda/i.test(text))).toBe(false);
    expect(jsonOf(given, 'manifest.json').dropped).toEqual({
      events: 0,
      eventsBySink: 3,
      groups: 5,
      batches: 2,
      connections: 2,
      names: 6,
    });
    expect(jsonOf(given, 'batches.json').batches.at(-1).resources).toHaveLength(1);
    const { connections } = jsonOf(given, 'connections.json');
    expect(connections).toHaveLength(3);
    expect(connections[2]).toMatchObject({
      extensions: [{ name: null, version: null }],
      permissions: [],
      resourcesOff: [],
    });
  });

  it('is not made with a clock or an environment that is not as expected', () => {
    expect(() => bundleContent({ ...facts(), madeAt: 0 })).toThrow(/Check the date/);
    const strange: object = { host: 'rosalinda' };
    const input = facts();
    expect(() => bundleContent({ ...input, environment: { ...input.environment, ...strange } })).toThrow(/not made/);
  });

  it('has a manifest whose sums are right', () => {
    const files = bundleContent(facts());
    const manifest = jsonOf(facts(), 'manifest.json');
    expect(manifest).toMatchObject({ schemaVersion: 1, madeAt: '2026-11-21T05:32:10.123Z', rollbook: '0.1.0' });
    expect(manifest.files.map(({ file }: { file: string }) => file)).toEqual(BUNDLE_FILES.slice(0, -1));
    for (const entry of manifest.files) {
      const text = files.find(({ name }) => name === entry.file)?.text ?? '';
      expect(entry.bytes).toBe(Buffer.byteLength(text));
      expect(entry.sha256).toBe(createHash('sha256').update(text).digest('hex'));
    }
    const entries = Object.fromEntries(
      manifest.files.map(({ file, entries: count }: { file: string; entries: number }) => [file, count]),
    );
    expect(entries).toMatchObject({ 'groups.json': 6, 'batches.json': 43, 'connections.json': 2, 'events.jsonl': 4 });
  });

  it('is whole with nothing to tell', () => {
    const nothing: BundleInput = {
      ...facts(),
      events: { lines: [], parse: () => undefined, droppedBySink: 0 },
      connections: [],
      groups: [],
      batches: [],
    };
    expect(textOf(nothing, 'events.jsonl')).toBe('');
    expect(textOf(nothing, 'index.html')).toContain('There are no problem groups.');
    expect(textOf(nothing, 'index.html')).toContain('No batch has run.');
  });
});
