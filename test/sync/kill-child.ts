/** One batch in a process of its own, to be stopped: `node kill-child.ts FOLDER SOURCE`; tells each progress on a line. */
import { createEngine } from '../../core/engine.ts';

const [, , folder = '', source = ''] = process.argv;
const engine = await createEngine({
  folder,
  keychain: undefined,
  secret: process.env.ROLLBOOK_SECRET,
  now: Date.now,
  emit: (event) => {
    if (event.type === 'progress') process.stdout.write(`${event.phase} ${event.done}\n`);
  },
});
const answer = await engine.handle('sync.run', { connection: 'here', source, approve: true, concurrency: 8 });
process.stdout.write(`${JSON.stringify(answer)}\n`);
await engine.close();
