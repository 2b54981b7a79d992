/** A ledger that came out of a copy, until every connection knows again what it sent. */
import { useAct, useQuery } from '../client/query.ts';
import { Button } from '../components/Button.tsx';
import { Notice, Refusal } from '../components/Notice.tsx';
import css from './App.module.css';

export function LedgerNotice() {
  const backups = useQuery('backups.show', {});
  const { run, isBusy, error } = useAct('adopt.run');
  const restored = backups.state === 'ready' ? backups.data.restored : null;
  if (restored === null || restored.behind.length === 0) return null;

  const catchUp = async (): Promise<void> => {
    for (const connection of restored.behind) if ((await run({ connection })) === undefined) return;
  };
  return (
    <div className={css.top}>
      <Notice
        tone="wait"
        title="The ledger was restored from a copy"
        actions={
          <Button onPress={() => void catchUp()} isBusy={isBusy}>
            Bring it up to date now
          </Button>
        }
      >
        <p>{restored.sentence}</p>
      </Notice>
      <Refusal error={error} />
    </div>
  );
}
