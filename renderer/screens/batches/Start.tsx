/** Before a batch: what it is made of, a look first, or sending now; and what a batch before has left to be decided. */
import { useState } from 'react';
import type { BatchView, SourceView } from '../../../core/contract/schemas.ts';
import { hrefOf } from '../../app/routes.ts';
import { screens } from '../../app/screens.tsx';
import { call } from '../../client/client.ts';
import { useAct, useQuery } from '../../client/query.ts';
import { Button, LinkButton } from '../../components/Button.tsx';
import { CheckField, RadioField } from '../../components/Field.tsx';
import { Loaded, Notice, Refusal } from '../../components/Notice.tsx';
import { Card, Section } from '../../components/Page.tsx';
import { When } from '../../components/When.tsx';
import { runBatch, takeUp, useBatch } from '../../state/batch.ts';
import { toast } from '../../state/toasts.ts';
import css from './Batches.module.css';

export function Start({ connection, newest }: { readonly connection: string; readonly newest: BatchView | undefined }) {
  const source = useQuery('sources.show', { connection });
  return (
    <Card>
      <Section title={newest === undefined ? 'The first batch' : 'The next batch'}>
        <Loaded query={source} what="Loading the export">
          {(own) => <Choose connection={connection} own={own} newest={newest} />}
        </Loaded>
      </Section>
    </Card>
  );
}

type Which = 'own' | 'other';

interface ChooseProps {
  readonly connection: string;
  readonly own: SourceView;
  readonly newest: BatchView | undefined;
}

function Choose({ connection, own, newest }: ChooseProps) {
  const last = useBatch((state) => state.last[connection]);
  // What waits, or was cut off, was made of that export.
  const before = newest?.state === 'done' ? undefined : last?.source;
  const [other, setOther] = useState(before);
  const [which, setWhich] = useState<Which>(own.path === null || before !== undefined ? 'other' : 'own');
  const [isRetry, setRetry] = useState(false);
  const keep = useAct('sources.set');
  const hasScreen = screens.some(({ place }) => place === 'sources');
  // Nobody sends a whole district for the first time without having seen what that is.
  const isFirst = own.lastSent === null;
  const path = which === 'own' ? own.path : other;
  const isUsable = which === 'own' ? own.path !== null && own.isThere : other !== undefined;
  const begin = (isPlan: boolean): void => {
    if (path == null) return;
    void runBatch({ connection, source: which === 'own' ? undefined : other, isPlan, retry: isRetry });
  };
  const choose = async (kind: 'folder' | 'zip'): Promise<void> => {
    const chosen =
      kind === 'folder'
        ? await call('dialogs.chooseFolder', { purpose: 'source' })
        : await call('dialogs.chooseFile', { purpose: 'source-zip' });
    if (chosen.path === null) return;
    setOther(chosen.path);
    setWhich('other');
  };
  const keepIt = async (): Promise<void> => {
    if (other === undefined || (await keep.run({ connection, path: other })) === undefined) return;
    setWhich('own');
    setOther(undefined);
    toast('The next batches are made of this export.');
  };
  const choosing = (
    <div className={css.buttons}>
      <Button icon="folder" onPress={() => void choose('folder')}>
        Choose a folder
      </Button>
      <Button icon="file" onPress={() => void choose('zip')}>
        Choose a zip file
      </Button>
    </div>
  );
  return (
    <div className={css.start}>
      <Left newest={newest} onBegin={isUsable ? begin : undefined} />
      {own.path === null ? (
        <div className={css.source}>
          <p>
            {other === undefined ? (
              `“${connection}” has no export yet: the folder or zip file with the OneRoster files that your SIS writes.`
            ) : (
              <>
                This batch is made of <span className={css.path}>{other}</span>.
              </>
            )}
          </p>
          {choosing}
        </div>
      ) : (
        <div className={css.source}>
          <RadioField<Which>
            label="Which export?"
            value={which}
            onChange={setWhich}
            options={[
              {
                value: 'own',
                label: 'The connection’s own',
                hint: <span className={css.path}>{own.path}</span>,
              },
              {
                value: 'other',
                label: 'Another one, for this time',
                hint: other === undefined ? undefined : <span className={css.path}>{other}</span>,
              },
            ]}
          />
          {which === 'other' && choosing}
          {which === 'own' && !own.isThere && (
            <Notice
              tone="bad"
              title="The export is not there"
              {...(hasScreen
                ? { actions: <LinkButton href={hrefOf('sources', connection)}>Choose another</LinkButton> }
                : {})}
            >
              <p>Nothing is at its place now. Is the drive connected, and has the SIS written the export?</p>
            </Notice>
          )}
        </div>
      )}
      {which === 'other' && other !== undefined && (
        <p className={css.keep}>
          <Button look="quiet" onPress={() => void keepIt()} isBusy={keep.isBusy}>
            Use it for every batch from now on
          </Button>
        </p>
      )}
      <Refusal error={keep.error} />
      {newest !== undefined && (
        <CheckField
          label="Try again what the API refused before"
          hint="Otherwise it is sent again only once it, or what it refers to, has changed."
          isOn={isRetry}
          onChange={setRetry}
        />
      )}
      <div className={css.ways}>
        <div>
          <Button look="primary" icon="find" onPress={() => begin(true)} isDisabled={!isUsable}>
            Look first
          </Button>
          <p className={css.aside}>
            {isFirst
              ? 'Shows what would be created, changed and deleted. You send it from there, once you have seen it.'
              : 'Shows what would be created, changed and deleted. Nothing is sent.'}
          </p>
        </div>
        {!isFirst && (
          <div>
            <Button icon="batches" onPress={() => begin(false)} isDisabled={!isUsable}>
              Send now
            </Button>
            <p className={css.aside}>
              Sends at once. If more than a tenth of anything, or more than 500 records, would be deleted, it waits for
              you first.
            </p>
          </div>
        )}
      </div>
      {own.lastSent !== null && (
        <p className={css.aside}>
          Last sent <When at={own.lastSent} />.
        </p>
      )}
    </div>
  );
}

interface LeftProps {
  readonly newest: BatchView | undefined;
  /** Undefined while there is no export to go on with. */
  readonly onBegin: ((isPlan: boolean) => void) | undefined;
}

/** What the newest batch has left to be decided: it waits for approval, or it was cut off. */
function Left({ newest, onBegin }: LeftProps) {
  if (newest === undefined) return null;
  const when = <When at={newest.startedAt} />;
  switch (newest.state) {
    case 'waiting':
      return (
        <Notice
          tone="wait"
          title="A batch waits for your approval"
          actions={<Button onPress={() => takeUp(newest.id)}>Look at it</Button>}
        >
          <p>
            It was planned {when}, and would delete or change so much that you have to see it first. Nothing of it was
            sent.
          </p>
        </Notice>
      );
    case 'stopped':
    case 'sending':
    case 'planning':
      return (
        <Notice
          tone="wait"
          title={newest.state === 'stopped' ? 'The last batch ended early' : 'The last batch was cut off'}
          actions={
            <Button onPress={() => onBegin?.(false)} isDisabled={onBegin === undefined}>
              Go on
            </Button>
          }
        >
          <p>
            It began {when}. What the API confirmed is in the API and written down here. Going on sends the rest, and
            nothing twice.
          </p>
        </Notice>
      );
    case 'done':
      return null;
  }
}
