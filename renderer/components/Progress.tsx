/** How far something is. */
import { Label, ProgressBar } from 'react-aria-components';
import { number } from '../text/format.ts';
import css from './Shared.module.css';

export interface ProgressProps {
  /** `Sending records` */
  readonly label: string;
  readonly done: number;
  /** Undefined while it is not known. */
  readonly total?: number | undefined;
  /** `record` is told in the plural: `1,200 of 3,000 records`. */
  readonly unit?: string;
  /** `420 a second · 12 s left` */
  readonly aside?: string | undefined;
}

export function Progress({ label, done, total, unit = 'records', aside }: ProgressProps) {
  const isKnown = total !== undefined && total > 0;
  const counted = isKnown ? `${number(done)} of ${number(total)} ${unit}` : `${number(done)} ${unit}`;
  // Nothing counted of nobody knows how much tells nothing.
  const told = isKnown || done > 0 ? counted : undefined;
  return (
    <ProgressBar
      className={css.progress ?? ''}
      value={isKnown ? done : 0}
      maxValue={isKnown ? total : 1}
      isIndeterminate={!isKnown}
      {...(told === undefined ? {} : { valueLabel: told })}
    >
      <div className={css.progressHead}>
        <Label>{label}</Label>
        <span className={css.aside}>{[told, aside].filter((part) => part !== undefined).join(' · ')}</span>
      </div>
      <div className={css.track}>
        {/* Drawn: its length is an attribute, so that it moves without a style. */}
        <svg className={css.fill} viewBox="0 0 100 1" preserveAspectRatio="none" aria-hidden="true">
          <rect
            className={`${css.fillBar} ${isKnown ? '' : css.unknown}`}
            width={isKnown ? Math.min(100, (done / total) * 100) : 35}
            height="1"
          />
        </svg>
      </div>
    </ProgressBar>
  );
}
