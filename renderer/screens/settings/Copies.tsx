/** Copies of the ledger: when the last was made, one more, and one in the ledger's place. */
import { useState } from 'react';
import type { BackupsView, LedgerCopyView } from '../../../core/contract/schemas.ts';
import { useAct, useQuery } from '../../client/query.ts';
import { Button } from '../../components/Button.tsx';
import { ConfirmDialog } from '../../components/Dialog.tsx';
import { Loaded, Notice, Refusal } from '../../components/Notice.tsx';
import { When } from '../../components/When.tsx';
import { toast } from '../../state/toasts.ts';
import { absolute, bytes } from '../../text/format.ts';
import css from './Settings.module.css';
import { Group } from './Settings.tsx';
import { COPIES } from './words.ts';

export function Copies() {
  const backups = useQuery('backups.show', {});
  return (
    <Group
      title="Copies of the ledger"
      note="One a day by itself, of each of the last seven days, in the data folder; sealed with the same key. A damaged ledger is restored from the last good one."
    >
      <Loaded query={backups} what="Loading the copies">
        {(shown) => <List shown={shown} />}
      </Loaded>
    </Group>
  );
}

function List({ shown: { copies, trouble, restored } }: { readonly shown: BackupsView }) {
  const make = useAct('backups.make');
  const [chosen, setChosen] = useState<LedgerCopyView>();
  const [last] = copies;
  const makeOne = async (): Promise<void> => {
    if ((await make.run({})) !== undefined) toast('A copy of the ledger was made.');
  };
  return (
    <>
      {trouble !== null && (
        <Notice tone="wait" title="Today’s copy could not be made">
          <p>{trouble}</p>
        </Notice>
      )}
      <p>
        {last === undefined ? (
          'There is none yet: the first is made after the first batch.'
        ) : (
          <>
            The last was made <When at={last.at} />.
          </>
        )}
      </p>
      <div className={css.buttons}>
        <Button icon="copy" onPress={() => void makeOne()} isBusy={make.isBusy}>
          Make a copy now
        </Button>
      </div>
      <Refusal error={make.error} />
      {copies.length > 0 && (
        <details>
          <summary>Restore one of them</summary>
          <ul className={css.rows}>
            {copies.map((copy) => (
              <li key={copy.copy} className={css.row}>
                <div>
                  <p className={css.name}>{absolute(copy.at)}</p>
                  <p className={css.note}>
                    {COPIES[copy.kind]} · {bytes(copy.bytes)}
                  </p>
                </div>
                <Button onPress={() => setChosen(copy)} aria-label={`Restore the copy of ${absolute(copy.at)} …`}>
                  Restore …
                </Button>
              </li>
            ))}
          </ul>
        </details>
      )}
      {restored !== null && <p className={css.note}>{restored.sentence}</p>}
      {chosen !== undefined && (
        <ConfirmDialog
          title="Put this copy in the ledger’s place?"
          isOpen
          onClose={() => setChosen(undefined)}
          act="Restore the copy"
          command="backups.restore"
          input={{ copy: chosen.copy }}
          onDone={() => toast('The copy is being put in the ledger’s place.')}
        >
          <p>
            Rollbook goes back to {absolute(chosen.at)}. What you changed in it since then (connections, paired codes,
            settings) is as it was then. The ledger of now is set aside in the data folder, and not deleted.
          </p>
          <p>
            Nothing is changed at any API: before the next batch of each connection sends anything, what its API has is
            read back.
          </p>
        </ConfirmDialog>
      )}
    </>
  );
}
