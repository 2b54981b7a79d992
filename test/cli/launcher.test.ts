/** The launcher: on a Node that is too old it starts the packaged one, and is one with it. */
import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, readlinkSync, statSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { jsonLines, LAUNCHER, newFolder, rollbook, start } from './run.ts';

/** A Node of the machine below 22, on which SQLite's binding would crash. */
function olderNode(): string | undefined {
  const folders = [...(process.env.PATH ?? '').split(path.delimiter), '/usr/bin', '/usr/local/bin'];
  return folders
    .map((folder) => path.join(folder, 'node'))
    .filter((node) => existsSync(node))
    .find((node) => {
      const version = spawnSync(node, ['--version'], { encoding: 'utf8' }).stdout ?? '';
      return /^v(1[89]|2[01])\./.test(version);
    });
}

const older = olderNode();
const NONE = 'There is no Node 18 to 21 on this machine.';

/** The processes whose parent this one is (Linux). */
const childrenOf = (pid: number): number[] =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((name) => {
      try {
        // pid (command) state parent …
        return Number(/\) \w (\d+)/.exec(readFileSync(`/proc/${name}/stat`, 'utf8'))?.[1]) === pid;
      } catch {
        return false;
      }
    })
    .map(Number);

const isAlive = (pid: number): boolean => {
  try {
    readlinkSync(`/proc/${pid}/exe`);
    return true;
  } catch {
    return false;
  }
};

describe('launcher', () => {
  test('runs everything on the packaged Node where it is started by an older one', async (context) => {
    if (older === undefined) return context.skip(NONE);
    const ran = await rollbook(['demo', '--json', '--students', '20'], { node: older });
    expect(ran.stderr).toBe('');
    expect(ran.code).toBe(0);
    expect(jsonLines(ran).filter(({ type }) => type === 'result')).toHaveLength(2);
  });

  test('passes arguments, exit codes and the secret on', async (context) => {
    if (older === undefined) return context.skip(NONE);
    const data = newFolder();
    const usage = await rollbook(['sync', '--source', 'a b "c'], { node: older, data });
    expect(usage.code).toBe(1);
    expect(usage.stderr).toContain('needs --connection');
    const unreachable = await rollbook(
      ['connect', 'add', 'x', '--url', 'http://127.0.0.1:1', '--key', 'k', '--student-id', 'identifier'],
      { node: older, data, secret: 's' },
    );
    expect(unreachable.code).toBe(4);
  });

  test('passes Ctrl-C on once', async (context) => {
    if (older === undefined) return context.skip(NONE);
    const temp = newFolder();
    const running = start(['demo', '--json', '--students', '400'], { node: older, env: { TMPDIR: temp } });
    await running.until('"phase":"sending"');
    // As npm does it: the terminal's signal, and the same handed on.
    running.child.kill('SIGINT');
    running.child.kill('SIGINT');
    const ran = await running.ended;
    expect(ran.code).toBe(130);
    expect(jsonLines(ran).at(-1)).toMatchObject({ type: 'result', state: 'stopped' });
    expect(readdirSync(temp)).toEqual([]);
  });

  test('takes the child with it when it is killed', async (context) => {
    if (older === undefined || process.platform !== 'linux') return context.skip(NONE);
    const running = start(['sandbox', '--json'], { node: older });
    await running.until('listening');
    const [child] = childrenOf(running.child.pid as number);
    expect(child).toBeDefined();
    running.child.kill('SIGKILL');
    // The pipe of stdout closes when the child is gone as well.
    await running.ended;
    expect(isAlive(child as number)).toBe(false);
  });

  test('says what it needs where there is no newer Node', async (context) => {
    if (older === undefined) return context.skip(NONE);
    const folder = newFolder();
    const copied = path.join(folder, 'core', 'cli', 'rollbook.mjs');
    spawnSync('mkdir', ['-p', path.dirname(copied)]);
    spawnSync('cp', [LAUNCHER, copied]);
    const ran = spawnSync(older, [copied, 'demo'], { encoding: 'utf8' });
    expect(ran.status).toBe(1);
    expect(ran.stderr).toMatch(/^Rollbook needs Node 24 or newer, and this is \d+\.\d+\.\d+: run npm ci/);
    expect(ran.stderr.trim().split('\n')).toHaveLength(1);
  });

  test.skipIf(process.platform !== 'linux')(
    'keeps what was compiled where nobody else can write, or not at all',
    async () => {
      const cache = newFolder();
      // Else it is where the test run keeps its own.
      const env = { XDG_CACHE_HOME: cache, NODE_COMPILE_CACHE: '' };
      expect(await rollbook(['--help'], { env })).toMatchObject({ code: 0, stderr: '' });
      const kept = path.join(cache, 'rollbook', 'compiled');
      expect(statSync(kept).mode & 0o777).toBe(0o700);
      expect(readdirSync(kept)).not.toEqual([]);

      const shared = path.join(cache, 'shared');
      mkdirSync(shared);
      chmodSync(shared, 0o777);
      const ran = await rollbook(['--help'], { env: { ...env, XDG_CACHE_HOME: shared } });
      expect(ran).toMatchObject({ code: 0, stderr: '' });
      expect(readdirSync(path.join(shared, 'rollbook', 'compiled'))).toEqual([]);
    },
  );
});
