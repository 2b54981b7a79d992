/** Sending again: the act with its live progress, and what came of it. Used by a record, a cause, all of them, and Find. */
import { useState } from 'react';
import type { RetrySelection } from '../../../core/contract/schemas.ts';
import { hrefOf } from '../../app/routes.ts';
import { type Act, useAct } from '../../client/query.ts';
import { LinkButton } from '../../components/Button.tsx';
import { Notice, Refusal } from '../../components/Notice.tsx';
import { Progress } from '../../components/Progress.tsx';
import { useLive } from '../../state/live.ts';
import { number } from '../../text/format.ts';
import css from './Problems.module.css';
import { type Outcome, outcomeOf } from './words.ts';

export interface Retry extends Pick<Act<'retry.run'>, 'isBusy' | 'error'> {
  /** @returns whether it was not refused */
  readonly run: (what: RetrySelection) => Promise<boolean>;
  readonly outcome: Outcome | undefined;
}

export function useRetry(connection: string): Retry {
  const { run, isBusy, error } = useAct('retry.run');
  const [outcome, setOutcome] = useState<Outcome>();
  return {
    isBusy,
    error,
    outcome,
    run: async (what) => {
      setOutcome(undefined);
      const result = await run({ connection, what });
      if (result !== undefined) setOutcome(outcomeOf(result));
      return result !== undefined;
    },
  };
}

/** What is under way, then what came of it; nothing before. */
export function RetryOutcome({ retry, connection }: { readonly retry: Retry; readonly connection: string }) {
  const { isBusy, error, outcome } = retry;
  return (
    <>
      {isBusy && <Under />}
      <Refusal error={error} />
      {outcome !== undefined && (
        <Notice
          tone={outcome.tone}
          isAlert
          title={outcome.title}
          {...(outcome.tone === 'wait'
            ? { actions: <LinkButton href={hrefOf('batches', connection)}>To the batches</LinkButton> }
            : {})}
        >
          {outcome.sentences.map((sentence) => (
            <p key={sentence}>{sentence}</p>
          ))}
        </Notice>
      )}
    </>
  );
}

const PHASES = {
  connecting: 'Connecting to the API',
  reading: 'Reading the last export',
  sending: 'Sending again',
} as const;

function Under() {
  const progress = useLive((live) => live.progress);
  const { phase = 'connecting', done = 0, total, perSecond = 0 } = progress ?? {};
  return (
    <div className={css.under}>
      <Progress
        label={PHASES[phase]}
        done={done}
        total={total}
        aside={perSecond > 0 ? `${number(Math.round(perSecond))} a second` : undefined}
      />
    </div>
  );
}
