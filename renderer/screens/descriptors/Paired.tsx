/** What was paired in this sitting: sending what waited for it, and taking it back. */
import { useState } from 'react';
import { asRefused, type Refused } from '../../client/client.ts';
import { useAct } from '../../client/query.ts';
import { Button } from '../../components/Button.tsx';
import { Notice, Refusal } from '../../components/Notice.tsx';
import { SentNotice } from '../../components/SentNotice.tsx';
import { say, useLive } from '../../state/live.ts';
import { plural } from '../../text/format.ts';
import { takeBack } from './pair.ts';
import { type Pairing, waitingInWords } from './words.ts';

export function Paired({
  connection,
  pairs,
  isQuiet,
  onGone,
}: {
  readonly connection: string;
  readonly pairs: readonly Pairing[];
  /** Something else on the screen is what is being done now. */
  readonly isQuiet: boolean;
  readonly onGone: () => void;
}) {
  const send = useAct('retry.run');
  const runs = useLive(({ batch }) => batch !== undefined);
  const [result, setResult] = useState<{
    readonly of: readonly Pairing[];
    readonly sent: Awaited<ReturnType<typeof send.run>>;
  }>();
  const [undo, setUndo] = useState<{ readonly isBusy: boolean; readonly error?: Refused }>({ isBusy: false });
  const waiting = waitingInWords(pairs);
  const start = async (): Promise<void> => {
    setResult(undefined);
    const sent = await send.run({ connection, what: { kind: 'failed' } });
    if (sent !== undefined) setResult({ of: pairs, sent });
  };
  const back = async (): Promise<void> => {
    setUndo({ isBusy: true });
    try {
      await takeBack(connection, pairs);
      say(`${plural(pairs.length, 'pair was', 'pairs were')} taken back.`);
      onGone();
    } catch (thrown) {
      setUndo({ isBusy: false, error: asRefused(thrown) });
    }
  };
  if (result?.sent !== undefined && result.of === pairs)
    return <SentNotice connection={connection} result={result.sent} onClose={onGone} />;
  return (
    <>
      <Notice
        tone="good"
        title={`${plural(pairs.length, 'code is', 'codes are')} paired`}
        actions={
          <>
            {waiting !== undefined && (
              <Button
                look={isQuiet ? 'secondary' : 'primary'}
                onPress={() => void start()}
                isBusy={send.isBusy}
                isDisabled={(runs && !send.isBusy) || undo.isBusy}
              >
                Send what waited
              </Button>
            )}
            <Button onPress={() => void back()} isBusy={undo.isBusy} isDisabled={send.isBusy}>
              {pairs.length === 1 ? 'Undo' : `Undo all ${pairs.length}`}
            </Button>
            <Button look="quiet" onPress={onGone} isDisabled={send.isBusy || undo.isBusy}>
              Not now
            </Button>
          </>
        }
      >
        <p>
          {waiting === undefined
            ? 'From the next batch on, records with these codes are sent with what the API calls them.'
            : `That releases ${waiting}. They can be sent now, from the last export that was sent; otherwise they go with the next batch.`}
        </p>
      </Notice>
      <Refusal error={send.error ?? undo.error} />
    </>
  );
}
