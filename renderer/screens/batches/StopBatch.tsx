/** Ends a batch before its end, after saying what then is and stays in the API. */
import { useState } from 'react';
import { useAct } from '../../client/query.ts';
import { Button } from '../../components/Button.tsx';
import { Dialog } from '../../components/Dialog.tsx';
import { Refusal } from '../../components/Notice.tsx';
import { useLive } from '../../state/live.ts';
import { number, plural } from '../../text/format.ts';

/** A button for whatever runs: what sends nothing ends at once, what sends asks before. */
export function StopBatch() {
  const isSending = useLive(({ progress }) => progress?.phase === 'sending');
  const [isAsking, setAsking] = useState(false);
  const stop = useAct('sync.stop');
  return (
    <>
      <Button onPress={() => (isSending ? setAsking(true) : void stop.run({}))} isBusy={stop.isBusy && !isAsking}>
        {isSending ? 'Stop …' : 'Stop'}
      </Button>
      {isAsking && <Ask onClose={() => setAsking(false)} />}
    </>
  );
}

function Ask({ onClose }: { readonly onClose: () => void }) {
  const progress = useLive((live) => live.progress);
  const { run, isBusy, error } = useAct('sync.stop');
  const done = progress?.done ?? 0;
  const total = progress?.total ?? 0;
  const stop = async (): Promise<void> => {
    if ((await run({})) !== undefined) onClose();
  };
  return (
    <Dialog
      title={progress === undefined ? 'The batch has ended' : 'Stop the batch?'}
      isOpen
      isAlert
      isBusy={isBusy}
      onClose={onClose}
      actions={
        progress === undefined ? (
          <Button autoFocus onPress={onClose}>
            Close
          </Button>
        ) : (
          <>
            <Button autoFocus onPress={onClose} isDisabled={isBusy}>
              Keep going
            </Button>
            <Button look="danger" onPress={() => void stop()} isBusy={isBusy}>
              Stop the batch
            </Button>
          </>
        )
      }
    >
      {progress === undefined ? (
        <p>There is nothing left to stop.</p>
      ) : (
        <>
          <p>
            <strong>
              {number(done)} of {plural(total, 'change')} {done === 1 ? 'is' : 'are'} done.
            </strong>{' '}
            What the API took of them is in the API and stays there: stopping undoes nothing.
          </p>
          <p>
            The other {number(Math.max(0, total - done))} are not sent now. They go with the next batch; nothing goes
            twice.
          </p>
        </>
      )}
      <Refusal error={error} />
    </Dialog>
  );
}
