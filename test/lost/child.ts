/**
 * One command in a process of its own, to be killed: `node child.ts '{"folder": …}'`. Tells its stages on standard
 * output, a line each, and at its end the answer and the steps it took.
 */

import { fileStore } from './file-store.ts';
import { arm, enter, stepsTaken } from './points.ts';
import type { Task } from './process.ts';

const task = JSON.parse(process.argv[2] ?? '') as Task;
// The channel to the parent is heard, and keeps nobody alive.
process.channel?.unref();
await arm(task.point);
// Imported late: what it wraps must be wrapped before.
const { createEngine, errorOf } = await import('../../core/engine.ts');
const say = (line: object): void => void process.stdout.write(`${JSON.stringify(line)}\n`);
enter('open');
try {
  const engine = await createEngine({
    folder: task.folder,
    keychain: task.keychain === null ? undefined : fileStore(task.keychain),
    secret: task.secret,
    now: Date.now,
    emit: (event) => {
      if (event.type === 'progress') say({ phase: event.phase });
    },
  });
  let answer: unknown = { ok: null };
  for (const { command, input } of task.commands) {
    enter(command === 'sync.run' ? 'read' : 'rotate');
    answer = await engine.handle(command, input);
  }
  enter('close');
  await engine.close();
  say({ answer, steps: stepsTaken() });
} catch (thrown) {
  say({ answer: { error: errorOf(thrown) }, steps: stepsTaken() });
}
