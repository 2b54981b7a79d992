/** What moves while something runs: a line for each measure over the same time, and the same as a table. */
import { AxisBottom, AxisLeft } from '@visx/axis';
import { Group } from '@visx/group';
import { useParentSize } from '@visx/responsive';
import { scaleLinear } from '@visx/scale';
import { LinePath } from '@visx/shape';
import { useId, useState } from 'react';
import { duration, number } from '../text/format.ts';
import { Button } from './Button.tsx';
import css from './Chart.module.css';
import { Scroll } from './Scroll.tsx';

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

const MARGIN = { top: 8, right: 8, bottom: 22, left: 44 };
/** As many rows as anybody reads. */
const MOST_ROWS = 30;

export function TimeChart({ title, measures, points, summaries }: TimeChartProps) {
  const [isTable, setTable] = useState(false);
  const heading = useId();
  return (
    <figure className={css.frame} aria-labelledby={heading}>
      <div className={css.head}>
        <figcaption className={css.title} id={heading}>
          {title}
        </figcaption>
        <Button look="quiet" onPress={() => setTable(!isTable)}>
          {isTable ? 'Show as a chart' : 'Show as a table'}
        </Button>
      </div>
      {isTable ? (
        <MomentTable title={title} measures={measures} points={points} />
      ) : (
        <div className={css.pair}>
          {measures.map((measure, i) => (
            <div key={measure}>
              <p className={css.measure}>{measure}</p>
              <Line at={i} points={points} summary={summaries[i] ?? measure} />
            </div>
          ))}
        </div>
      )}
    </figure>
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
  const { parentRef, width, height } = useParentSize({ debounceTime: 50 });
  const inner = {
    width: Math.max(0, width - MARGIN.left - MARGIN.right),
    height: Math.max(0, height - MARGIN.top - MARGIN.bottom),
  };
  const measured = ({ values }: TimePoint): number => values[at] ?? 0;
  const x = scaleLinear({ domain: [points[0]?.at ?? 0, Math.max(points.at(-1)?.at ?? 0, 1)], range: [0, inner.width] });
  const y = scaleLinear({ domain: [0, Math.max(1, ...points.map(measured))], range: [inner.height, 0], nice: true });
  const rows = y.ticks(3).filter(Number.isInteger);
  return (
    <div className={css.low} ref={parentRef}>
      {width > 0 && (
        <svg width={width} height={height} role="img" aria-label={summary}>
          <Group left={MARGIN.left} top={MARGIN.top}>
            {rows.map((tick) => (
              <line key={tick} className={css.grid} x1={0} x2={inner.width} y1={y(tick)} y2={y(tick)} />
            ))}
            <AxisLeft
              scale={y}
              tickValues={rows}
              tickFormat={(value) => number(Number(value))}
              hideAxisLine
              hideTicks
              tickLabelProps={{ className: css.label ?? '', dx: '-0.25em', dy: '0.3em', textAnchor: 'end' }}
            />
            <AxisBottom
              scale={x}
              top={inner.height}
              numTicks={Math.max(2, Math.floor(inner.width / 110))}
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
            <line className={css.base} x1={0} x2={inner.width} y1={inner.height} y2={inner.height} />
          </Group>
        </svg>
      )}
    </div>
  );
}

const secondsIn = (seconds: number): string =>
  seconds < 60 ? `${Math.round(seconds * 10) / 10} s` : duration(seconds);

function MomentTable({ title, measures, points }: Omit<TimeChartProps, 'summaries'>) {
  const every = Math.max(1, Math.ceil(points.length / MOST_ROWS));
  return (
    <Scroll label={title} className={css.table}>
      <table>
        <thead>
          <tr>
            <th scope="col">After</th>
            {measures.map((measure) => (
              <th key={measure} scope="col">
                {measure}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {points
            .filter((_, i) => i % every === 0 || i === points.length - 1)
            .map((point) => (
              <tr key={point.at}>
                <th scope="row">{secondsIn(point.at)}</th>
                {point.values.map((value, i) => (
                  <td key={measures[i]}>{number(Math.round(value))}</td>
                ))}
              </tr>
            ))}
        </tbody>
      </table>
    </Scroll>
  );
}
