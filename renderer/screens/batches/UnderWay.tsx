/** A batch while it runs: how far it is, resource by resource, how fast, and the ways to hold it or to end it. */
import { memo } from 'react';
import type { EventOf } from '../../../core/contract/bridge.ts';
import { PHASES } from '../../app/LiveRegion.tsx';
import { useAct } from '../../client/query.ts';
import { Button } from '../../components/Button.tsx';
import { Notice, Refusal } from '../../components/Notice.tsx';
import { Card, Section } from '../../components/Page.tsx';
import { Progress } from '../../components/Progress.tsx';
import { TimeChart } from '../../components/TimeChart.tsx';
import { type Moment, PATIENCE_SECONDS, useBatch } from '../../state/batch.ts';
import { useLive } from '../../state/live.ts';
import { duration, number, plural } from '../../text/format.ts';
import { inWords } from '../../text/names.ts';
import css from './Batches.module.css';
import { StopBatch } from './StopBatch.tsx';

export function UnderWay({ connection }: { readonly connection: string }) {
  const batch = useLive((live) => live.batch);
  const progress = useLive((live) => live.progress);
  const asked = useBatch((state) => state.asked);
  const isPlan = batch === undefined ? (asked?.isPlan ?? false) : batch.kind === 'plan';
  const isSending = progress?.phase === 'sending';
  const isPaused = batch?.isPaused === true || progress?.paused === true;
  const isEngineAway = useLive(({ host }) => host !== undefined && host.engine.state !== 'running');
  const isApiAway = useBatch(({ away }) => away !== undefined);
  return (
    <Card>
      <Section
        title={isPlan ? 'Looking at what would be sent' : isPaused ? 'Paused' : 'Sending'}
        note={isPlan ? 'Nothing is sent while Rollbook looks.' : undefined}
        actions={
          <div className={css.buttons}>
            {!isPlan && isSending && <Hold isPaused={isPaused} />}
            <StopBatch />
          </div>
        }
      >
        <Waiting isPaused={isPaused} hasBegun={batch !== undefined} />
        {progress === undefined ? (
          <Progress label={batch === undefined ? 'Waiting to begin' : `Connecting to “${connection}”`} done={0} />
        ) : (
          <Overall progress={progress} isStill={isPaused || isEngineAway || isApiAway} />
        )}
        {isSending && (
          <div className={css.live}>
            <Resources resources={progress.resources ?? []} />
            <Pace />
          </div>
        )}
      </Section>
    </Card>
  );
}

function Hold({ isPaused }: { readonly isPaused: boolean }) {
  const pause = useAct('sync.pause');
  const resume = useAct('sync.resume');
  return (
    <>
      {isPaused ? (
        <Button look="primary" onPress={() => void resume.run({})} isBusy={resume.isBusy}>
          Resume
        </Button>
      ) : (
        <Button onPress={() => void pause.run({})} isBusy={pause.isBusy}>
          Pause
        </Button>
      )}
      <Refusal error={pause.error ?? resume.error} />
    </>
  );
}

/** Why nothing moves, and what happens next. */
function Waiting({ isPaused, hasBegun }: { readonly isPaused: boolean; readonly hasBegun: boolean }) {
  const host = useLive((live) => live.host);
  const progress = useLive((live) => live.progress);
  const away = useBatch((state) => state.away);
  const done = progress?.done ?? 0;
  const total = progress?.total;
  const left = total === undefined ? undefined : total - done;
  const stays =
    total === undefined || done === 0
      ? ''
      : `${number(done)} of ${plural(total, 'change')} ${done === 1 ? 'is' : 'are'} done, and what the API took of them stays there.`;
  if (host !== undefined && host.engine.state !== 'running') {
    return (
      <Notice tone="wait" title="Nothing is sent while the engine is away">
        <p>{stays} The rest is sent once it is there again, and nothing twice.</p>
      </Notice>
    );
  }
  if (host?.online === false && (away !== undefined || !hasBegun)) {
    return (
      <Notice tone="wait" title="There is no network">
        <p>{stays} The batch goes on by itself as soon as the network is back. You need not wait here.</p>
      </Notice>
    );
  }
  if (isPaused) {
    return (
      <Notice tone="info" title="Nothing is sent until you resume">
        <p>
          {stays}{' '}
          {left !== undefined &&
            left > 0 &&
            `The other ${number(left)} wait; if you stop instead, they go with the next batch.`}
        </p>
      </Notice>
    );
  }
  if (away !== undefined) {
    return (
      <Notice tone="wait" title="Waiting for the API">
        <p>
          {away.sentence}{' '}
          {progress?.phase === 'sending'
            ? `It is asked for up to ${duration(PATIENCE_SECONDS).replace(/ 0 s$/, '')}; if it stays away, the batch ends, and what is left goes with the next one. ${stays}`
            : 'This batch has sent nothing so far.'}
        </p>
      </Notice>
    );
  }
  return null;
}

function Overall({ progress, isStill }: { readonly progress: EventOf<'progress'>; readonly isStill: boolean }) {
  const { phase, done, total, perSecond, secondsLeft, connections } = progress;
  const aside = isStill
    ? undefined
    : [
        perSecond > 0 ? `${number(Math.round(perSecond))} a second` : undefined,
        secondsLeft === undefined ? undefined : `${duration(Math.ceil(secondsLeft)).replace('.0 s', ' s')} left`,
        connections > 0 ? plural(connections, 'connection') : undefined,
      ]
        .filter((part) => part !== undefined)
        .join(' · ');
  return (
    <Progress
      label={phase === 'sending' ? 'In all' : PHASES[phase]}
      done={done}
      total={total}
      unit={phase === 'sending' ? 'changes' : 'records'}
      aside={aside === '' ? undefined : aside}
    />
  );
}

type ResourceProgress = NonNullable<EventOf<'progress'>['resources']>[number];

function Resources({ resources }: { readonly resources: readonly ResourceProgress[] }) {
  return (
    <div>
      <h3 className={css.small}>In the order in which they go</h3>
      <ol className={css.resources}>
        {resources.map((one) => (
          <Resource key={one.resource} {...one} />
        ))}
      </ol>
    </div>
  );
}

const Resource = memo(function Resource({ resource, done, total }: ResourceProgress) {
  return (
    <li className={done >= total ? css.over : undefined}>
      <span>{inWords(resource)}</span>
      <svg className={css.miniBar} viewBox="0 0 100 1" preserveAspectRatio="none" aria-hidden="true">
        <rect width={total === 0 ? 0 : (done / total) * 100} height="1" />
      </svg>
      <span className={css.resourceCount}>
        {number(done)} <span className={css.aside}>of {number(total)}</span>
      </span>
    </li>
  );
});

/** How fast it goes, and has been going. */
export function Pace() {
  const moments = useBatch((state) => state.moments);
  return moments.length < 3 ? null : <PaceOf moments={moments} />;
}

function PaceOf({ moments }: { readonly moments: readonly Moment[] }) {
  const begun = moments[0]?.at ?? 0;
  const rates = moments.map(({ perSecond }) => perSecond);
  const open = moments.map(({ connections }) => connections);
  const told = (values: readonly number[]): string =>
    `${number(Math.round(values.at(-1) ?? 0))} at the end of the line, ${number(Math.round(Math.max(...values)))} at most`;
  return (
    <TimeChart
      title="How fast it goes"
      measures={['Changes a second', 'Connections in use']}
      points={moments.map(({ at, perSecond, connections }) => ({
        at: (at - begun) / 1000,
        values: [perSecond, connections],
      }))}
      summaries={[`Changes a second: ${told(rates)}.`, `Connections in use: ${told(open)}.`]}
    />
  );
}
