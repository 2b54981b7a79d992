/** What every chart has: its title, an axis with its grid, and the same as a table: what is only to be seen can also be read. */
import { AxisLeft } from '@visx/axis';
import { Group } from '@visx/group';
import { useParentSize } from '@visx/responsive';
import { scaleLinear } from '@visx/scale';
import { type ReactNode, useId, useState } from 'react';
import { number } from '../text/format.ts';
import { Button } from './Button.tsx';
import css from './Chart.module.css';
import { Scroll } from './Scroll.tsx';

interface ChartRow {
  readonly key: string | number;
  readonly name: string;
  /** One for each column but the first. */
  readonly values: readonly number[];
}

interface ChartFrameProps {
  readonly title: string;
  /** Of the table; the first says what its rows are. */
  readonly columns: readonly string[];
  readonly rows: readonly ChartRow[];
  /** The chart. */
  readonly children: ReactNode;
}

export function ChartFrame({ title, columns, rows, children }: ChartFrameProps) {
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
        <Scroll label={title} className={css.table}>
          <table>
            <thead>
              <tr>
                {columns.map((name) => (
                  <th key={name} scope="col">
                    {name}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {rows.map(({ key, name, values }) => (
                <tr key={key}>
                  <th scope="row">{name}</th>
                  {values.map((value, i) => (
                    <td key={columns[i + 1]}>{number(value)}</td>
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
        </Scroll>
      ) : (
        children
      )}
    </figure>
  );
}

interface Area {
  readonly width: number;
  readonly height: number;
  readonly y: ReturnType<typeof scaleLinear<number>>;
}

interface PlotProps {
  /** What one can see, in a sentence, for those who cannot. */
  readonly summary: string;
  /** The largest value. */
  readonly most: number;
  readonly isLow?: boolean;
  /** What is drawn, in the area between the axes. */
  readonly children: (area: Area) => ReactNode;
}

const MARGIN = { top: 8, right: 8, bottom: 22, left: 44 };

/** As wide as there is room, from nothing to the largest value. */
export function Plot({ summary, most, isLow = false, children }: PlotProps) {
  const { parentRef, width, height } = useParentSize({ debounceTime: 50 });
  const inner = {
    width: Math.max(0, width - MARGIN.left - MARGIN.right),
    height: Math.max(0, height - MARGIN.top - MARGIN.bottom),
  };
  const y = scaleLinear({ domain: [0, Math.max(1, most)], range: [inner.height, 0], nice: true });
  const ticks = y.ticks(3).filter(Number.isInteger);
  return (
    <div className={`${css.plot} ${isLow ? css.low : ''}`} ref={parentRef}>
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
              tickLabelProps={{ className: css.label ?? '', dx: '-0.25em', dy: '0.3em', textAnchor: 'end' }}
            />
            {children({ ...inner, y })}
            <line className={css.base} x1={0} x2={inner.width} y1={inner.height} y2={inner.height} />
          </Group>
        </svg>
      )}
    </div>
  );
}
