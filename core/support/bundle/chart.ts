/** Bars as inline SVG, without a script. */
import type { BatchView } from './content.ts';
import type { Bucketed } from './kinds.ts';
import { type Html, html } from './markup.ts';
import { shownCount } from './numbers.ts';
import { TEXT } from './page-text.ts';

const SERIES = ['created', 'updated', 'deleted', 'held', 'failed'] as const;

const WIDTH = 960;
const LEFT = 92;
const RIGHT = 128;
const ROW = 62;
const BAR_ROOM = 42;
const BOTTOM = 24;
const WIDEST_BAR = 34;

/** Where a count hides behind `<10` the bar is of middling height. */
const heightOf = (count: Bucketed): number => (count === '<10' ? 5 : count);

/** One decimal: no coordinate is a long run of digits. */
const at = (value: number): string => String(Math.round(value * 10) / 10);

/**
 * Small rows, one for each outcome, over the batches of one connection; each row has a scale of its own, as a first batch
 * creates a thousand times what a later one changes. A count that is not nought is always visible.
 * @param batches oldest first, no more than fit (24)
 */
export function timelineChart(batches: readonly BatchView[]): Html {
  const step = (WIDTH - LEFT - RIGHT) / Math.max(batches.length, 6);
  const bar = Math.min(WIDEST_BAR, step * 0.72);
  const height = ROW * SERIES.length + BOTTOM;
  const rows = SERIES.map((name, row) => {
    const base = row * ROW + ROW - 8;
    const largest = batches.reduce<Bucketed>((most, { account }) => {
      const count = account?.[name] ?? 0;
      return heightOf(count) > heightOf(most) ? count : most;
    }, 0);
    const bars = batches.flatMap((batch, index) => {
      const count = batch.account?.[name] ?? 0;
      if (count === 0) return [];
      const tall = Math.max(3, (heightOf(count) / Math.max(heightOf(largest), 1)) * BAR_ROOM);
      const x = LEFT + index * step + (step - bar) / 2;
      return html`<rect class="${name}" x="${at(x)}" y="${at(base - tall)}" width="${at(bar)}" height="${at(tall)}" rx="2"><title>${TEXT.batch} ${shownCount(batch.batch)}: ${shownCount(count)} ${TEXT[name]}</title></rect>`;
    });
    return html`<g><text class="label" x="0" y="${at(base - 2)}">${TEXT[name]}</text><line class="axis" x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${at(base + 0.5)}" y2="${at(base + 0.5)}"/>${bars}<text class="tick" x="${WIDTH - RIGHT + 12}" y="${at(base - 2)}">${TEXT.largest} ${shownCount(largest)}</text></g>
`;
  });
  const every = Math.ceil(batches.length / 15);
  const ticks = batches.flatMap((batch, index) =>
    index % every === 0
      ? [
          html`<text class="tick" text-anchor="middle" x="${at(LEFT + (index + 0.5) * step)}" y="${height - 6}">${shownCount(batch.batch)}</text>`,
        ]
      : [],
  );
  return html`<svg class="chart" viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="${TEXT.chart}">
${rows}<g><text class="tick" x="0" y="${height - 6}">${TEXT.batch}</text>${ticks}</g></svg>
`;
}

/** Takes a group's trend; gives a small row of its last twelve bars. */
export function trendChart(trend: readonly { readonly batch: number; readonly records: Bucketed }[]): Html {
  const shown = trend.slice(-12);
  const largest = Math.max(1, ...shown.map(({ records }) => heightOf(records)));
  const bars = shown.map(({ batch, records }, index) => {
    const tall = records === 0 ? 1 : Math.max(2, (heightOf(records) / largest) * 22);
    return html`<rect class="plain" x="${index * 7}" y="${at(24 - tall)}" width="5" height="${at(tall)}"><title>${TEXT.batch} ${shownCount(batch)}: ${shownCount(records)}</title></rect>`;
  });
  return html`<svg class="spark" viewBox="0 0 84 24" role="img" aria-label="${TEXT.trendOf}: ${shown.map(({ records }) => shownCount(records)).join(', ')}">${bars}</svg>`;
}
