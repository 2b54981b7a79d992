/** Bars over time, one on another, and the same as a table: what is only to be seen can also be read. */
import { AxisLeft } from '@visx/axis';
import { Group } from '@visx/group';
import { useParentSize } from '@visx/responsive';
import { scaleBand, scaleLinear } from '@visx/scale';
import { Bar } from '@visx/shape';
import { useId, useState } from 'react';
import { number } from '../text/format.ts';
import { Button } from './Button.tsx';
import css from './Chart.module.css';
import { Scroll } from './Scroll.tsx';

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
const MARGIN = { top: 8, right: 4, bottom: 22, left: 44 };
const LABEL_PX = 52;

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

export function BarChart(props: BarChartProps) {
  const { title, series } = props;
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
      {!isTable && (
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
      )}
      {isTable ? <DataTable {...props} /> : <Plot {...props} />}
    </figure>
  );
}

function Plot({ series, points, summary }: BarChartProps) {
  const { parentRef, width, height } = useParentSize({ debounceTime: 50 });
  const inner = {
    width: Math.max(0, width - MARGIN.left - MARGIN.right),
    height: Math.max(0, height - MARGIN.top - MARGIN.bottom),
  };
  const x = scaleBand({ domain: points.map(({ name }) => name), range: [0, inner.width], padding: 0.35 });
  const most = Math.max(1, ...points.map(({ values }) => sum(values)));
  const y = scaleLinear({ domain: [0, most], range: [inner.height, 0], nice: true });
  const every = Math.max(1, Math.ceil((points.length * LABEL_PX) / Math.max(1, inner.width)));
  const ticks = y.ticks(3).filter(Number.isInteger);
  return (
    <div className={css.plot} ref={parentRef}>
      {width > 0 && (
        <svg width={width} height={height} role="img" aria-label={summary}>
          <Group left={MARGIN.left} top={MARGIN.top}>
            {ticks.map((tick) => (
              <line key={tick} className={css.grid} x1={0} x2={inner.width} y1={y(tick)} y2={y(tick)} />
            ))}
            <AxisLeft
              scale={y}
              tickValues={ticks}
              tickFormat={(value) => number(Number(value))}
              hideAxisLine
              hideTicks
              tickClassName={css.label ?? ''}
              tickLabelProps={{ className: css.label ?? '', dx: '-0.25em', dy: '0.3em', textAnchor: 'end' }}
            />
            {points.map((point, at) => {
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
                        width={Math.min(x.bandwidth(), 40)}
                        // What is there is seen, however little it is.
                        height={Math.max(high, 1.5)}
                      />
                    );
                  })}
                  {at % every === (points.length - 1) % every && (
                    <text
                      className={css.label}
                      x={left + Math.min(x.bandwidth(), 40) / 2}
                      y={inner.height + 16}
                      textAnchor="middle"
                    >
                      {point.label}
                    </text>
                  )}
                </Group>
              );
            })}
            <line className={css.base} x1={0} x2={inner.width} y1={inner.height} y2={inner.height} />
          </Group>
        </svg>
      )}
    </div>
  );
}

function DataTable({ title, of, series, points }: BarChartProps) {
  return (
    <Scroll label={title} className={css.table}>
      <table>
        <thead>
          <tr>
            <th scope="col">{of}</th>
            {series.map((name) => (
              <th key={name} scope="col">
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {points.map((point) => (
            <tr key={point.name}>
              <th scope="row">{point.name}</th>
              {point.values.map((value, i) => (
                <td key={series[i]}>{number(value)}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </Scroll>
  );
}
