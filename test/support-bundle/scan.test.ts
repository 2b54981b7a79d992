import { describe, expect, it } from 'vitest';
import {
  BUNDLE_FILES,
  type BundleFile,
  type BundleFileName,
  bundleContent,
} from '../../core/support/bundle/content.ts';
import { describeFindings, type FindingKind, scanBundle } from '../../core/support/bundle/scan.ts';
import { facts, NOW, words } from './facts.ts';

const clean = bundleContent(facts());
const scan = (files: readonly BundleFile[], values: Iterable<string> = []) => scanBundle(files, { values, words });

/** Puts a text where a leak would stand: as a string of JSON, or as text on the page. */
const planted = (file: BundleFileName, leak: string): BundleFile[] =>
  clean.map((one) => {
    if (one.name !== file) return one;
    if (file === 'index.html') {
      return { ...one, text: one.text.replace('<h2 id="problems">', () => `<p>${leak}</p><h2 id="problems">`) };
    }
    const member = `"title":${JSON.stringify(leak)}`;
    return {
      ...one,
      text: file === 'events.jsonl' ? `{${member}}\n${one.text}` : one.text.replace('{', `{${member},`),
    };
  });
const lineOf = (file: BundleFileName, leak: string): number =>
  (
    planted(file, leak)
      .find(({ name }) => name === file)
      ?.text.split('\n') ?? []
  ).findIndex((line) => line.includes(`<p>${leak}</p>`) || line.includes('"title":')) + 1;

const SHAPES: readonly (readonly [FindingKind, string])[] = [
  ['email', 'a.person@school.example'],
  ['date', '2011-05-04'],
  ['date', '05/04/2011'],
  ['date', '5/4/11'],
  ['date', '4 May 2011'],
  ['date', 'May 4, 2011'],
  ['digits', '60482'],
  ['digits', '20110504'],
  ['social-security-number', '123-45-6789'],
  ['phone', '(555) 201-3344'],
  ['phone', '201-3344'],
  ['url', 'https://status'],
  ['host', 'api.district.org'],
  ['host', '10.1.20.3'],
  ['path', '/home/records/new'],
  ['path', 'C:\\Events\\new'],
  ['path', '\\\\files\\new'],
  ['secret', 'Bearer 9f2kQz71LmNop'],
  ['secret', 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.c2ln'],
  ['secret', 'q7ZpL2mXv9RtB4nKw8sD'],
  ['secret', 'secret=hunter22'],
  ['id', '0a1b2c3d4e5f60718293a4b5c6d7e8f9'],
  ['id', '0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9'],
  ['unknown-word', 'Rosalinda'],
  ['unknown-word', '王伟'],
];

const VALUE = 'Rosalinda Ñuñez';
const urlForm = encodeURIComponent(VALUE);
const jsonForm = Array.from(VALUE, (sign) => `\\u${sign.charCodeAt(0).toString(16).padStart(4, '0')}`).join('');
const htmlForm = Array.from(VALUE, (sign) => `&#x${sign.charCodeAt(0).toString(16)};`).join('');
const FORMS: Readonly<Record<string, string>> = {
  raw: VALUE,
  'in other case': VALUE.toUpperCase(),
  'with other signs between': 'rosalinda_ñuñez',
  'without a space': 'RosalindaÑuñez',
  'in full-width letters': 'ＲＯＳＡＬＩＮＤＡ ñuñez',
  'URL-escaped': urlForm,
  'URL-escaped twice': encodeURIComponent(urlForm),
  'as a form': urlForm.replace('%20', '+'),
  'JSON-escaped': jsonForm,
  'HTML-escaped': htmlForm,
  'in base64': Buffer.from(VALUE).toString('base64'),
  'in base64 for addresses': Buffer.from(VALUE).toString('base64url'),
  'inside longer base64': Buffer.from(`xy ${VALUE} z`).toString('base64'),
  'after other base64': `Q${Buffer.from(VALUE).toString('base64')}`,
  'in hex': Buffer.from(VALUE).toString('hex'),
  'in hex, capital': Buffer.from(VALUE).toString('hex').toUpperCase(),
  'in hex of UTF-16': Buffer.from(VALUE, 'utf16le').toString('hex'),
};

describe('the last scan', () => {
  it('lets a bundle of facts pass', () => {
    expect(scan(clean)).toEqual([]);
    expect(scan(clean, ['Rosalinda', 'Ñuñez', '604822', '2011-05-04', 'Lee'])).toEqual([]);
  });

  it.each(BUNDLE_FILES)('finds every shape in %s', (file) => {
    for (const [kind, leak] of SHAPES) {
      expect(scan(planted(file, leak)), `${kind}: ${leak}`).toContainEqual({ file, line: lineOf(file, leak), kind });
    }
  });

  it.each(BUNDLE_FILES)('finds a value in every form in %s', (file) => {
    for (const [form, leak] of Object.entries(FORMS)) {
      const found = scan(planted(file, leak), [VALUE]);
      expect(found, form).toContainEqual({ file, line: lineOf(file, leak), kind: 'value' });
      expect(new Set(found.map((one) => one.file)), form).toEqual(new Set([file]));
    }
  });

  it('finds values of other kinds: short names, numbers, keys, part of a sentence', () => {
    const values = ['Lee', '7041', 'AB-12-CD', 'The name Ann of the student is not known to us here', '李娜'];
    for (const leak of ['Lee', '7041', 'ab 12 cd', 'records of the student is not known', '李娜']) {
      expect(scan(planted('groups.json', leak), values), leak).toContainEqual(
        expect.objectContaining({ file: 'groups.json', kind: 'value' }),
      );
    }
  });

  it('never tells what it found', () => {
    const found = scan(planted('events.jsonl', VALUE), [VALUE]);
    expect(JSON.stringify(found)).not.toMatch(/rosalinda/i);
    const sentence = describeFindings(found);
    expect(sentence).toContain('events.jsonl, line 1 (');
    expect(sentence).not.toMatch(/rosalinda/i);
    const many = Array.from({ length: 6 }, (_, line) => ({ file: 'groups.json', line, kind: 'date' }) as const);
    expect(describeFindings(many)).toContain('and 3 more places');
  });

  it('does not take words of ours, names and counts for values', () => {
    const values = [
      // Words that the page or the catalogue has, and names of the vocabulary.
      'Held',
      'May',
      'Grade',
      'data steward',
      'Student',
      'ed-fi students',
      'birthDate',
      'GradeLevelDescriptor',
      // Counts that are in the bundle, and what is too short to be told from anything.
      '412',
      '412345',
      '4112',
      '214958080',
      '3',
      'F',
      'No',
      '',
      '  ',
    ];
    expect(scan(clean, values)).toEqual([]);
  });

  it('knows a time of its own from a date of birth in the same clothes', () => {
    const groups = (text: (from: string) => string) =>
      clean.map((one) => (one.name === 'groups.json' ? { ...one, text: text(one.text) } : one));
    const own = '2026-11-09T05:32:10.123Z';
    expect(scan(groups((text) => text.replace(own, '2011-05-04T00:00:00.000Z')))).toContainEqual(
      expect.objectContaining({ kind: 'date' }),
    );
    expect(scan(groups((text) => text.replace('"title": "', `"title": "${own} `)))).not.toEqual([]);
    const events = clean.map((one) =>
      one.name === 'events.jsonl'
        ? { ...one, text: one.text.replace(/"firstSeen":\d+/, `"firstSeen":${Date.UTC(2011, 4, 4)}`) }
        : one,
    );
    expect(scan(events)).toEqual([{ file: 'events.jsonl', line: 3, kind: 'date' }]);
  });

  it('finds numbers at keys that take none, and keys that are not ours', () => {
    const withMember = (member: string) =>
      clean.map((one) => (one.name === 'batches.json' ? { ...one, text: one.text.replace('{', `{${member},`) } : one));
    expect(scan(withMember('"title":604822'))).toContainEqual({ file: 'batches.json', line: 1, kind: 'digits' });
    expect(scan(withMember('"records":604822'))).toEqual([]);
    expect(scan(withMember('"records":-5'))).not.toEqual([]);
    expect(scan(withMember('"records":6048.22'))).not.toEqual([]);
    expect(scan(withMember('"Rosalinda":1'))).toContainEqual({ file: 'batches.json', line: 1, kind: 'unknown-word' });
  });

  it('takes a hash for one only where the manifest has it', () => {
    const hash = 'a'.repeat(63).concat('1');
    const at = (file: BundleFileName) =>
      scan(
        clean.map((one) => (one.name === file ? { ...one, text: one.text.replace('{', `{"sha256":"${hash}",`) } : one)),
      );
    expect(at('manifest.json')).toEqual([]);
    expect(at('groups.json')).toContainEqual({ file: 'groups.json', line: 1, kind: 'id' });
  });

  it('looks into attributes, comments, scripts and styles of the page', () => {
    const page = (change: (text: string) => string) =>
      scan(clean.map((one) => (one.name === 'index.html' ? { ...one, text: change(one.text) } : one)));
    for (const leak of [
      '<p id="Rosalinda">',
      '<p title="Rosalinda">',
      "<p title='Rosalinda'>",
      '<!-- Rosalinda -->',
      '<rosalinda>',
      '<script>fetch("//status")</script>',
      '<rect x="604822"/>',
      '<rect x="Rosalinda"/>',
    ]) {
      expect(
        page((text) => text.replace('<main', `${leak}<main`)),
        leak,
      ).not.toEqual([]);
    }
    expect(page((text) => text.replace('.top{', '.rosalinda{'))).not.toEqual([]);
    expect(page((text) => text.replace("default-src 'none'", 'default-src rosalinda'))).not.toEqual([]);
  });

  it('goes through many values and a long log', () => {
    function* values(): Generator<string> {
      for (let i = 0; i < 100_000; i++) yield `Zq${i.toString(36)}x Wv${(i * 7).toString(36)}y`;
    }
    const event = clean.find(({ name }) => name === 'events.jsonl')?.text ?? '';
    const long = clean.map((one) =>
      one.name === 'events.jsonl'
        ? {
            ...one,
            text: Array.from({ length: 5_000 }, (_, i) =>
              event.replaceAll(String(NOW - 3_600_000), String(NOW + i)),
            ).join(''),
          }
        : one,
    );
    expect(scan(long, values())).toEqual([]);
    const leaked = long.map((one) =>
      one.name === 'events.jsonl' ? { ...one, text: `${one.text}{"title":"Zq25vx wv0ywy"}\n` } : one,
    );
    const index = Number.parseInt('25v', 36);
    expect(
      scan(leaked, [...values(), `Zq${index.toString(36)}x wv0ywy`]).map(({ line, kind }) => [line, kind]),
    ).toContainEqual([20_001, 'value']);
  });
});
