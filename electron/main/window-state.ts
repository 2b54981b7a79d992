/** Where a window was, brought back onto a screen that is there. */
import type { Rectangle } from 'electron';
import type { WindowState } from './preferences.ts';

export const MINIMUM = { width: 800, height: 560 } as const;
const USUAL = { width: 1280, height: 800 } as const;

const clamp = (value: number, least: number, most: number): number => Math.max(least, Math.min(value, most));

const overlap = (a: Rectangle, b: Rectangle): number =>
  Math.max(0, Math.min(a.x + a.width, b.x + b.width) - Math.max(a.x, b.x)) *
  Math.max(0, Math.min(a.y + a.height, b.y + b.height) - Math.max(a.y, b.y));

/**
 * @param kept as it was left; null at the first start
 * @param areas the work areas of the screens there are, the first one first choice; in pixels
 * @returns bounds that are wholly on one of them (as large as it, where it is smaller than the least size)
 */
export function placeWindow(kept: WindowState | null, areas: readonly Rectangle[]): WindowState {
  const first = areas[0] ?? { x: 0, y: 0, ...USUAL };
  const wanted = kept ?? {
    x: first.x + Math.round((first.width - USUAL.width) / 2),
    y: first.y + Math.round((first.height - USUAL.height) / 2),
    ...USUAL,
    maximized: false,
  };
  const area = areas.reduce((best, one) => (overlap(wanted, one) > overlap(wanted, best) ? one : best), first);
  const width = clamp(wanted.width, Math.min(MINIMUM.width, area.width), area.width);
  const height = clamp(wanted.height, Math.min(MINIMUM.height, area.height), area.height);
  return {
    width,
    height,
    x: clamp(wanted.x, area.x, area.x + area.width - width),
    y: clamp(wanted.y, area.y, area.y + area.height - height),
    maximized: wanted.maximized,
  };
}
