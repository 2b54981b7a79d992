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
  const isReading = batch?.kind === 'read-back';
  // Its own screen tells more of it.
  const isOwn =
    path.length <= 1 &&
    (isReading
      ? place === 'connections' && path[0] === batch.connection
      : place === 'batches' && (path.length === 0 || path[0] === batch?.connection));
  if (batch !== undefined && isOwn) return null;
  const { phase, done, total, perSecond, secondsLeft } = progress;
  const isPaused = batch?.isPaused === true || progress.paused === true;
  const aside = [
    perSecond > 0 && !isPaused ? `${number(Math.round(perSecond))} a second` : undefined,
    secondsLeft === undefined || isPaused ? undefined : `${duration(Math.ceil(secondsLeft))} left`,
  ].filter((part) => part !== undefined);
  return (
    <section className={css.under} aria-label="What is under way">
      <div className={css.running}>
        <Progress
          label={isReading ? 'Reading the API' : isPaused ? 'Paused' : PHASES[phase]}
          done={done}
          total={total}
          aside={aside.length === 0 ? undefined : aside.join(' · ')}
        />
        <div className={css.runningActs}>
          {batch !== undefined && (
            <LinkButton href={hrefOf(isReading ? 'connections' : 'batches', batch.connection)}>Show</LinkButton>
          )}
          <StopBatch />
        </div>
      </div>
    </section>
  );
}
