import path from 'node:path';
import { startEngine } from '../../core/engine-host.ts';
import { writeDistrict } from '../../core/sandbox/district/generate.ts';
import { startSandboxInWorker } from '../../core/sandbox/worker.ts';
import type { Figure } from './figure.ts';

/** Day one and day two of a clean district of 300: what the second day costs the API, counted there. */
export async function* dayTwoRequests(folder: string): AsyncGenerator<Figure> {
  const sandbox = await startSandboxInWorker({});
  const engine = await startEngine(
    { folder: path.join(folder, 'day-two'), secrets: 'memory', secret: sandbox.secret },
    () => undefined,
  );
  try {
    await engine.call('connections.add', {
      name: 'bench',
      url: sandbox.url,
      key: sandbox.key,
      studentId: 'identifier',
    });
    for (const day of [1, 2] as const) {
      const source = path.join(folder, `clean-${day}`);
      await writeDistrict({ out: source, students: 300, day, clean: true });
      const before = await sandbox.requests();
      const { account } = await engine.call('sync.run', { connection: 'bench', source });
      const after = await sandbox.requests();
      if (day === 1) continue;
      const writes = after.POST + after.PUT + after.DELETE - before.POST - before.PUT - before.DELETE;
      const changed = account.created + account.updated + account.deleted;
      yield {
        figure: 'day two: writes against records changed',
        value: writes,
        unit: 'requests',
        limit: changed,
        ratio: writes / changed,
        aim: '1.00',
      };
      const tokens = after.token - before.token;
      yield { figure: 'day two: tokens', value: tokens, unit: 'requests', limit: 1, ratio: tokens, aim: '1.00' };
      const reads = after.GET - before.GET;
      yield {
        figure: 'day two: reads of metadata',
        value: reads,
        unit: 'requests',
        limit: account.read,
        ratio: reads / account.read,
        aim: 'next to nothing',
      };
    }
  } finally {
    await engine.close();
    await sandbox.close();
  }
}
