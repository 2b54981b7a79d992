/** Bars over time, one on another. */
import { Group } from '@visx/group';
import { scaleBand } from '@visx/scale';
import { Bar } from '@visx/shape';
import css from './Chart.module.css';
import { ChartFrame, Plot } from './ChartFrame.tsx';

export interface ChartPoint {
  /** `Nov 21`, below the bar. */
  readonly label: string;
  /** `Sat, Nov 21`, in the table. */
  readonly name: string;
  /** One for each series. */
  readonly values: readonly number[];
}

export interface BarChartProps {
  readonly title: string;
  /** What the points are: `Day`. */
  readonly of: string;
  /** At most three, from the bottom up. */
  readonly series: readonly string[];
  readonly points: readonly ChartPoint[];
  /** What one can see, in a sentence, for those who cannot. */
  readonly summary: string;
}

const COLOURS = [css.series1, css.series2, css.series3];
const MOST_PX = 40;
const LABEL_PX = 52;

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

export function BarChart({ title, of, series, points, summary }: BarChartProps) {
  return (
    <ChartFrame
      title={title}
      columns={[of, ...series]}
      rows={points.map(({ name, values }) => ({ key: name, name, values }))}
    >
      <ul className={css.legend}>
        {series.map((name, i) => (
          <li key={name}>
            <svg className={css.key} viewBox="0 0 12 12" aria-hidden="true">
              <rect width="12" height="12" rx="2" className={COLOURS[i]} />
            </svg>
            {name}
          </li>
        ))}
      </ul>
      <Plot summary={summary} most={Math.max(0, ...points.map(({ values }) => sum(values)))}>
        {({ width, height, y }) => {
          const x = scaleBand({ domain: points.map(({ name }) => name), range: [0, width], padding: 0.35 });
          const wide = Math.min(x.bandwidth(), MOST_PX);
          const every = Math.max(1, Math.ceil((points.length * LABEL_PX) / Math.max(1, width)));
          return points.map((point, at) => {
            let below = 0;
            const left = x(point.name) ?? 0;
            return (
              <Group key={point.name}>
                {point.values.map((value, i) => {
                  below += value;
                  const high = y(0) - y(value);
                  return value === 0 ? null : (
                    <Bar
                      key={series[i]}
                      className={COLOURS[i] ?? ''}
                      x={left}
                      y={y(below)}
                      width={wide}
                      // What is there is seen, however little it is.
                      height={Math.max(high, 1.5)}
                    />
                  );
                })}
                {at % every === (points.length - 1) % every && (
                  <text className={css.label} x={left + wide / 2} y={height + 16} textAnchor="middle">
                    {point.label}
                  </text>
                )}
              </Group>
            );
          });
        }}
      </Plot>
    </ChartFrame>
  );
}
