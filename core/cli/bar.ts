/** Progress: one line drawn over on a terminal, and a line now and then where there is none. */
import pc from 'picocolors';
import { columns, duration, isLive, number, out, plural, width, write } from './terminal.ts';

export interface Progress {
  readonly done: number;
  /** Undefined while it is not known. */
  readonly total: number | undefined;
  /** 0 while it is not known. */
  readonly perSecond: number;
  readonly secondsLeft: number | undefined;
  readonly connections: number;
}

export interface Bar {
  update(progress: Progress): void;
  /** Leaves one line standing that says what was done, in which time. */
  finish(): void;
}

const LABEL = 9;
const MOST_CELLS = 30;
const LEAST_CELLS = 8;
/** Enough for a million records, their speed and the time left; the bar takes the rest, and does not jump about. */
const TEXT = 58;
const FRAME_MS = 100;
const QUIET_MS = 2_000;

/** The texts behind a bar, the fullest first: a narrow terminal gets what fits. */
function texts({ done, total, perSecond, secondsLeft, connections }: Progress): string[] {
  const speed = perSecond > 0 ? [`${number(perSecond)} records/s`] : [];
  if (total === undefined) return [[plural(done, 'record'), ...speed].join(', '), plural(done, 'record')];
  const left = secondsLeft === undefined || done >= total ? [] : [`${duration(secondsLeft)} left`];
  const count = `${number(done)} of ${number(total)}`;
  const wires = connections > 0 ? [plural(connections, 'connection')] : [];
  return [
    [count, ...speed, ...left, ...wires].join(', '),
    [count, ...speed, ...left].join(', '),
    [count, ...left].join(', '),
    count,
  ];
}

function line(label: string, progress: Progress): string {
  // The last column stays free: some terminals break the line when it is written to.
  const room = columns() - LABEL - 1;
  const { done, total } = progress;
  const cells = total === undefined ? 0 : Math.max(LEAST_CELLS, Math.min(MOST_CELLS, room - TEXT - 2));
  const all = texts(progress);
  const text = all.find((one) => width(one) + cells + 2 <= room) ?? (all.at(-1) as string);
  if (total === undefined || total === 0) return `${label.padEnd(LABEL)}${text}`;
  const filled = Math.round((done / total) * cells);
  const drawn = `${pc.green('█'.repeat(filled))}${pc.dim('░'.repeat(cells - filled))}`;
  return `${label.padEnd(LABEL)}${drawn}  ${text}`;
}

/**
 * @param doing for what is under way: `Sending`
 * @param did for what is done: `Sent`
 */
export function createBar(doing: string, did: string): Bar {
  const started = performance.now();
  let shown = Number.NEGATIVE_INFINITY;
  let last: Progress | undefined;
  return {
    update(progress) {
      last = progress;
      const now = performance.now();
      if (now - shown < (isLive() ? FRAME_MS : QUIET_MS)) return;
      shown = now;
      // What is left of a longer line before is cleared after the new one is written, so that nothing flickers.
      if (isLive()) write(`\r${line(doing, progress)}\u001b[K`);
      else out(line(doing, progress));
    },
    finish() {
      if (last === undefined) return;
      const seconds = (performance.now() - started) / 1000;
      const { done, total } = last;
      const count =
        total === undefined || done >= total ? plural(done, 'record') : `${number(done)} of ${number(total)}`;
      const speed = seconds >= 1 ? `, ${number(done / seconds)} records/s` : '';
      const text = `${did.padEnd(LABEL)}${count} in ${duration(seconds)}${speed}`;
      if (isLive()) write(`\r${text}\u001b[K\n`);
      else out(text);
      last = undefined;
    },
  };
}
