/** The bar below every screen while a batch, or a reading back, is under way. */
import { LinkButton } from '../components/Button.tsx';
import { Progress } from '../components/Progress.tsx';
import { StopBatch } from '../screens/batches/StopBatch.tsx';
import { useLive } from '../state/live.ts';
import { duration, number } from '../text/format.ts';
import css from './App.module.css';
import { PHASES } from './LiveRegion.tsx';
import { hrefOf, parseRoute, useHash } from './routes.ts';

export function Running() {
  const progress = useLive((live) => live.progress);
  const batch = useLive((live) => live.batch);
  const { place, path } = parseRoute(useHash());
  if (progress === undefined) return null;
  // Its own screen tells more of it.
  const isOwn = place === 'batches' && (path.length === 0 || (path.length === 1 && path[0] === batch?.connection));
  if (batch !== undefined && isOwn) return null;
  const { phase, done, total, perSecond, secondsLeft } = progress;
  const aside = [
    perSecond > 0 ? `${number(Math.round(perSecond))} a second` : undefined,
    secondsLeft === undefined ? undefined : `${duration(Math.ceil(secondsLeft))} left`,
  ].filter((part) => part !== undefined);
  return (
    <section className={css.under} aria-label="What is under way">
      <div className={css.running}>
        <Progress
          label={PHASES[phase]}
          done={done}
          total={total}
          aside={aside.length === 0 ? undefined : aside.join(' · ')}
        />
        <div className={css.runningActs}>
          {batch !== undefined && <LinkButton href={hrefOf('batches', batch.connection)}>Show</LinkButton>}
          <StopBatch />
        </div>
      </div>
    </section>
  );
}
