/** OpenAPI documents and dependency lists that are not what they should be. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { dependencyOrder } from '../../core/edfi/dependencies.ts';
import { parseDependencies, parseSpecificationList } from '../../core/edfi/metadata.ts';
import type { ApiModel } from '../../core/edfi/model.ts';
import { parseSpecification } from '../../core/edfi/specification.ts';
import { compileCheck } from '../../core/validation/check.ts';
import { openApi, swagger } from './documents.ts';
import { changes, deep, grow, junk, spoil } from './json-tree.ts';
import { corpus, ends, givesOrRefuses, LONG, looking, watchProcess } from './property.ts';

watchProcess();

const rowsOf = (model: ApiModel) =>
  Object.keys(model.resources).map((name, order) => ({ resource: `/${name}`, order, operations: ['Create'] }));

/** Everything that is done with a specification before anything is sent. */
async function use(resources: unknown, descriptors: unknown, rows: unknown): Promise<void> {
  await givesOrRefuses(() => {
    const model = parseSpecification(resources, descriptors, ['TermDescriptor']);
    // It is kept as JSON, and read back.
    JSON.parse(JSON.stringify(model));
    const order = dependencyOrder(parseDependencies(rows), model);
    for (const place of order.create.values()) expect(place).not.toBeNaN();
    for (const resource of Object.values(model.resources)) compileCheck(resource, () => undefined)({ anything: 1 });
    return model;
  });
}

const DOCUMENTS = { openApi, swagger };

describe.each(Object.entries(DOCUMENTS))('%s', (_name, document) => {
  test('is read as it is', async () => {
    const model = parseSpecification(document, undefined);
    expect(Object.keys(model.resources).length).toBeGreaterThan(1);
    await use(document, undefined, rowsOf(model));
  });

  test(
    'spoiled anywhere',
    async () => {
      await fc.assert(
        fc.asyncProperty(changes(6), changes(2), async (some, more) => {
          const spoiled = spoil(document, some);
          await use(spoiled, undefined, undefined);
          await use(document, spoil(document, more), undefined);
        }),
        looking(400),
      );
    },
    LONG,
  );
});

test(
  'dependency lists and lists of specifications spoiled anywhere',
  async () => {
    const model = parseSpecification(openApi);
    const rows = rowsOf(model);
    const list = [{ name: 'Resources', endpointUri: 'http://127.0.0.1/x', prefix: '' }];
    await fc.assert(
      fc.asyncProperty(changes(4), junk, async (some, anything) => {
        await use(openApi, undefined, spoil(rows, some));
        await use(openApi, undefined, grow(anything));
        const ended = await ends(() => [
          parseSpecificationList(spoil(list, some)),
          parseSpecificationList(grow(anything)),
        ]);
        expect(ended).toHaveProperty('ok');
      }),
      looking(300),
    );
  },
  LONG,
);

test('what is nested deeper than any program goes', async () => {
  for (const value of [deep(20_000), deep(20_000, 'object'), { paths: deep(20_000, 'object'), definitions: {} }]) {
    await use(value, undefined, value);
    await use({ ...openApi, components: { schemas: { EdFi_School: value } } }, undefined, undefined);
  }
});

test.each(corpus('specifications'))('kept: %s', async (_name, bytes) => {
  const kept = JSON.parse(bytes.toString('utf8')) as { resources: unknown; descriptors?: unknown; rows?: unknown };
  await use(kept.resources, kept.descriptors, kept.rows);
});
