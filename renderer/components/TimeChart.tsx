/** What moves while something runs: a line for each measure over the same time. */
import { AxisBottom } from '@visx/axis';
import { scaleLinear } from '@visx/scale';
import { LinePath } from '@visx/shape';
import { duration } from '../text/format.ts';
import css from './Chart.module.css';
import { ChartFrame, Plot } from './ChartFrame.tsx';

export interface TimePoint {
  /** Seconds since it began. */
  readonly at: number;
  /** One for each measure. */
  readonly values: readonly number[];
}

export interface TimeChartProps {
  readonly title: string;
  /** `Records a second`; each has a line and an axis of its own. */
  readonly measures: readonly string[];
  readonly points: readonly TimePoint[];
  /** What one can see of each measure, in a sentence, for those who cannot. */
  readonly summaries: readonly string[];
}

/** As many rows as anybody reads. */
const MOST_ROWS = 30;

export function TimeChart({ title, measures, points, summaries }: TimeChartProps) {
  const every = Math.max(1, Math.ceil(points.length / MOST_ROWS));
  return (
    <ChartFrame
      title={title}
      columns={['After', ...measures]}
      rows={points
        .filter((_, i) => i % every === 0 || i === points.length - 1)
        .map(({ at, values }) => ({ key: at, name: secondsIn(at), values: values.map(Math.round) }))}
    >
      <div className={css.pair}>
        {measures.map((measure, i) => (
          <div key={measure}>
            <p className={css.measure}>{measure}</p>
            <Line at={i} points={points} summary={summaries[i] ?? measure} />
          </div>
        ))}
      </div>
    </ChartFrame>
  );
}

function Line({
  at,
  points,
  summary,
}: {
  readonly at: number;
  readonly points: readonly TimePoint[];
  readonly summary: string;
}) {
  const measured = ({ values }: TimePoint): number => values[at] ?? 0;
  const span = [points[0]?.at ?? 0, Math.max(points.at(-1)?.at ?? 0, 1)];
  return (
    <Plot isLow summary={summary} most={Math.max(0, ...points.map(measured))}>
      {({ width, height, y }) => {
        const x = scaleLinear({ domain: span, range: [0, width] });
        return (
          <>
            <AxisBottom
              scale={x}
              top={height}
              numTicks={Math.max(2, Math.floor(width / 110))}
              tickFormat={(value) => secondsIn(Number(value))}
              hideAxisLine
              hideTicks
              tickLabelProps={{ className: css.label ?? '', dy: '0.1em', textAnchor: 'middle' }}
            />
            <LinePath
              data={[...points]}
              x={(point) => x(point.at)}
              y={(point) => y(measured(point))}
              className={css.line ?? ''}
            />
          </>
        );
      }}
    </Plot>
  );
}

const secondsIn = (seconds: number): string =>
  seconds < 60 ? `${Math.round(seconds * 10) / 10} s` : duration(seconds);
