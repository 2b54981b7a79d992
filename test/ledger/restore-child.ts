/** Opens a data folder's ledger as the engine does, and is killed before one of the steps by which files change. */
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';

const [folder = '', last = ''] = process.argv.slice(2);
let steps = 0;
const step = (): void => {
  steps += 1;
  if (steps === Number(last)) process.kill(process.pid, 'SIGKILL');
};
const watched =
  <A extends unknown[], R>(work: (...args: A) => R) =>
  (...args: A): R => {
    step();
    return work(...args);
  };
Object.assign(fs, {
  renameSync: watched(fs.renameSync),
  rmSync: watched(fs.rmSync),
  writeFileSync: watched(fs.writeFileSync),
  fsyncSync: watched(fs.fsyncSync),
  chmodSync: watched(fs.chmodSync),
});
fs.promises.copyFile = watched(fs.promises.copyFile);
syncBuiltinESMExports();

const { openOrRestore } = await import('../../core/ledger/restore.ts');
const { isFailure } = await import('../../core/errors/failure.ts');
const { createSeal } = await import('../../core/ledger/seal.ts');
try {
  const { ledger } = await openOrRestore({
    folder,
    seal: createSeal(Buffer.alloc(32, 3)),
    random: undefined,
    now: Date.now,
    beside: [],
  });
  ledger.close();
  process.stdout.write(`${steps}`);
} catch (thrown) {
  if (!isFailure(thrown)) throw thrown;
  process.stdout.write(`${thrown.code}: ${thrown.message}`);
}
