/** What the charts of problems show. */
import type { ChartPoint } from '../../components/Chart.tsx';
import { absolute, day, plural } from '../../text/format.ts';

const hour = new Intl.DateTimeFormat('en-US', { hour: 'numeric', minute: '2-digit' });

/** @param batches the newest last */
export function chartBatches(
  batches: readonly { readonly at: number; readonly values: readonly number[] }[],
): ChartPoint[] {
  const isOneDay = new Set(batches.map(({ at }) => day(at))).size < 2;
  return batches.map(({ at, values }, i) => ({
    // Two may have ended in the same minute.
    name: `${i + 1}. ${absolute(at)}`,
    label: isOneDay ? hour.format(at) : day(at).replace(/^\w+, /, ''),
    values,
  }));
}

/** What a chart shows, in a sentence. @param totals by batch, the newest last */
export function summaryOf(totals: readonly number[]): string {
  const last = totals.at(-1) ?? 0;
  const first = totals[0] ?? 0;
  if (totals.length < 2) return `${plural(last, 'record')} after the only batch.`;
  const went = last < first ? 'fewer' : last > first ? 'more' : 'as many';
  return `${plural(last, 'record')} after the last of ${plural(totals.length, 'batch', 'batches')}, ${went} ${went === 'as many' ? 'as' : 'than'} after the first (${first}).`;
}
