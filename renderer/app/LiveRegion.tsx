/** The page's one live region: what `say` was given, and how far a batch is, at each tenth. */
import { useEffect } from 'react';
import type { EventOf } from '../../core/contract/bridge.ts';
import { say, useLive } from '../state/live.ts';
import { number } from '../text/format.ts';

export const PHASES: Readonly<Record<EventOf<'progress'>['phase'], string>> = {
  connecting: 'Connecting',
  reading: 'Reading and checking',
  sending: 'Sending',
};

export function LiveRegion() {
  const spoken = useLive((live) => live.spoken);
  const phase = useLive(({ progress }) => progress?.phase);
  const tenth = useLive(({ progress }) =>
    progress?.total === undefined || progress.total === 0
      ? undefined
      : Math.floor((progress.done / progress.total) * 10),
  );
  useEffect(() => {
    const { progress } = useLive.getState();
    if (progress === undefined || phase === undefined) return;
    const far =
      tenth === undefined || progress.total === undefined
        ? ''
        : `: ${number(progress.done)} of ${number(progress.total)} records`;
    say(`${PHASES[phase]}${far}.`);
  }, [phase, tenth]);
  return (
    <div className="visually-hidden" role="status" aria-live="polite">
      {spoken}
    </div>
  );
}
