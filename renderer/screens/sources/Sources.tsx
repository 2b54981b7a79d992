/** Where a connection's records come from, and when they are sent. */
import { type ReactNode, useState } from 'react';
import type { SourceView } from '../../../core/contract/schemas.ts';
import type { ScreenProps } from '../../app/screens.tsx';
import { ask } from '../../client/client.ts';
import { useAct, useQuery } from '../../client/query.ts';
import { Button } from '../../components/Button.tsx';
import { ConnectionSwitch, ForConnection } from '../../components/ForConnection.tsx';
import { Loaded, Notice, Refusal } from '../../components/Notice.tsx';
import { Page } from '../../components/Page.tsx';
import { SentNotice } from '../../components/SentNotice.tsx';
import { useLive } from '../../state/live.ts';
import { toast } from '../../state/toasts.ts';
import { Candidate } from './Candidate.tsx';
import { Current } from './Current.tsx';
import { useDrop } from './drop.ts';
import { ScheduleCard } from './ScheduleCard.tsx';
import { SendNow } from './SendNow.tsx';
import css from './Sources.module.css';
import { Vanished } from './Vanished.tsx';

export function Sources({ path }: ScreenProps) {
  return (
    <ForConnection place="sources" path={path} title="Sources" question="Whose source do you want to see?">
      {(connection) => <Source key={connection} connection={connection} />}
    </ForConnection>
  );
}

function Source({ connection }: { readonly connection: string }) {
  const source = useQuery('sources.show', { connection });
  const send = useAct('sync.run');
  const [candidate, setCandidate] = useState<string>();
  const [result, setResult] = useState<Awaited<ReturnType<typeof send.run>>>();
  const start = async (): Promise<void> => {
    setResult(undefined);
    setResult(await send.run({ connection }));
  };
  const shown = source.state === 'ready' ? source.data : undefined;
  return (
    <Page
      title={`Source of “${connection}”`}
      name="Source"
      lead="The export that your SIS writes, and when Rollbook sends what has changed in it."
      actions={
        <>
          <ConnectionSwitch place="sources" connection={connection} />
          {shown?.path != null && shown.isThere && candidate === undefined && (
            <SendNow connection={connection} source={shown} isBusy={send.isBusy} onSend={() => void start()} />
          )}
        </>
      }
    >
      <Refusal error={send.error} />
      {result !== undefined && (
        <SentNotice connection={connection} result={result} onClose={() => setResult(undefined)} />
      )}
      <Loaded query={source} what="Loading the source">
        {(view) => <Content connection={connection} source={view} candidate={candidate} onCandidate={setCandidate} />}
      </Loaded>
    </Page>
  );
}

interface ContentProps {
  readonly connection: string;
  readonly source: SourceView;
  /** The path of an export that is being considered. */
  readonly candidate: string | undefined;
  readonly onCandidate: (path: string | undefined) => void;
}

function Content({ connection, source, candidate, onCandidate }: ContentProps) {
  const [pathless, setPathless] = useState(false);
  const set = useAct('sources.set');
  const consider = (path: string | null): void => {
    setPathless(false);
    set.clear();
    if (path !== null) onCandidate(path);
  };
  const isOver = useDrop((path) => (path === '' ? setPathless(true) : consider(path)));
  const use = async (path: string): Promise<void> => {
    if ((await set.run({ connection, path })) === undefined) return;
    onCandidate(undefined);
    toast('The export was chosen. Nothing has been sent yet.');
  };
  const choose = <ChooseButtons isFirst={source.path === null} onChosen={consider} />;
  return (
    <>
      {pathless && (
        <Notice tone="wait" isAlert>
          <p>A browser does not tell where a dropped folder lies. Use the buttons to choose it.</p>
        </Notice>
      )}
      <Refusal error={set.error} />
      {candidate !== undefined ? (
        <Candidate
          path={candidate}
          usedNow={source.path !== null && source.isThere && source.path !== candidate ? source.path : undefined}
          isBusy={set.isBusy}
          onUse={() => void use(candidate)}
          onCancel={() => {
            set.clear();
            onCandidate(undefined);
          }}
          choose={choose}
        />
      ) : source.path === null ? (
        <FirstChoice isOver={isOver} choose={choose} />
      ) : (
        <div className={css.columns}>
          <Current connection={connection} source={source} path={source.path} isOver={isOver} choose={choose} />
          <div className={css.stack}>
            <ScheduleCard connection={connection} />
            <Vanished connection={connection} source={source} />
          </div>
        </div>
      )}
    </>
  );
}

/** The host's own dialogs. */
function ChooseButtons({
  isFirst,
  onChosen,
}: {
  readonly isFirst: boolean;
  readonly onChosen: (path: string | null) => void;
}) {
  const choose = async (kind: 'folder' | 'zip'): Promise<void> => {
    const { path } = await (kind === 'folder'
      ? ask('dialogs.chooseFolder', { purpose: 'source' })
      : ask('dialogs.chooseFile', { purpose: 'source-zip' })
    ).catch(() => ({ path: null }));
    onChosen(path);
  };
  return (
    <>
      <Button look={isFirst ? 'primary' : 'secondary'} icon="folder" onPress={() => void choose('folder')}>
        {isFirst ? 'Choose a folder …' : 'Another folder …'}
      </Button>
      <Button icon="file" onPress={() => void choose('zip')}>
        {isFirst ? 'Choose a zip file …' : 'Another zip …'}
      </Button>
    </>
  );
}

function FirstChoice({ isOver, choose }: { readonly isOver: boolean; readonly choose: ReactNode }) {
  const canDrop = useLive(({ host }) => host?.host === 'electron');
  return (
    <div className={`${css.drop} ${isOver ? css.over : ''}`}>
      <h2>Which export is sent?</h2>
      <p className={css.dropText}>
        {canDrop
          ? 'Drop the folder or zip file here that your SIS exports to, or choose it.'
          : 'Choose the folder or zip file that your SIS exports to.'}
      </p>
      <div className={css.buttons}>{choose}</div>
      <ul className={css.promises}>
        <li>OneRoster 1.1 or 1.2 as CSV: a folder with its files, or the zip with them.</li>
        <li>You see what is in it before anything is decided. Nothing is sent by choosing.</li>
        <li>The files stay where they are. Rollbook only reads them.</li>
      </ul>
    </div>
  );
}
