/** A batch's progress on the dock's or the taskbar's icon. */
import type { BrowserWindow } from 'electron';
import type { EngineEvent } from '../../core/contract/schemas.ts';

type Progress = Extract<EngineEvent, { type: 'progress' }>;

/** Electron's own numbers: above 1 it moves without a measure, below 0 it is not there. */
const MOVING = 2;
const GONE = -1;

/** @returns from 0 to 1, or `MOVING` while the total is not known */
export const fractionOf = ({ done, total }: Pick<Progress, 'done' | 'total'>): number =>
  total === undefined || total === 0 ? MOVING : Math.min(1, done / total);

export interface IconProgress {
  show(event: Progress): void;
  clear(): void;
}

export function createIconProgress(window: () => BrowserWindow | undefined): IconProgress {
  const set = (value: number): void => {
    const at = window();
    if (at === undefined || at.isDestroyed()) return;
    at.setProgressBar(value);
  };
  return { show: (event) => set(fractionOf(event)), clear: () => set(GONE) };
}
