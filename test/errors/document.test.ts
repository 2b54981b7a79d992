import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { CATALOGUE } from '../../core/errors/catalogue.ts';
import { ERRORS_DOCUMENT, errorsDocument } from '../../core/errors/document.ts';

test('docs/errors.md is what the catalogue gives; otherwise: npm run docs', () => {
  const written = readFileSync(new URL(`../../${ERRORS_DOCUMENT}`, import.meta.url), 'utf8');
  expect(written.replaceAll('\r\n', '\n')).toBe(errorsDocument());
});

test('every code has a section, and stands once in the contents', () => {
  const lines = errorsDocument().split('\n');
  for (const code of Object.keys(CATALOGUE)) {
    expect(lines.filter((line) => line === `### ${code}`)).toHaveLength(1);
    expect(lines.filter((line) => line.endsWith(`](#${code})`))).toHaveLength(1);
  }
  expect(lines.join('\n')).not.toMatch(/[{}]|undefined/);
});
