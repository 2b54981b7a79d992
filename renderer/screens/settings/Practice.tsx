/** The practice district: on and off, and what goes wrong there. */
import { useState } from 'react';
import type { PracticeState } from '../../../core/contract/host.ts';
import { hrefOf } from '../../app/routes.ts';
import { useAct, useQuery } from '../../client/query.ts';
import { Button } from '../../components/Button.tsx';
import { ConfirmDialog } from '../../components/Dialog.tsx';
import { Facts } from '../../components/Facts.tsx';
import { RadioField } from '../../components/Field.tsx';
import { Badge, Loaded, Loading, Refusal } from '../../components/Notice.tsx';
import { say } from '../../state/live.ts';
import { toast } from '../../state/toasts.ts';
import { number } from '../../text/format.ts';
import css from './Settings.module.css';
import { Group } from './Settings.tsx';
import { WEATHERS } from './words.ts';

export function Practice() {
  const practice = useQuery('practice.state', {});
  return (
    <Group
      title="Practice district"
      note="A made-up district and an API on this computer, to try things on. Nothing of it leaves this computer."
    >
      <Loaded query={practice} what="Loading the practice district">
        {(state) => <State state={state} />}
      </Loaded>
    </Group>
  );
}

function State({ state }: { readonly state: PracticeState }) {
  const { isRunning, connection, exports, url } = state;
  const start = useAct('practice.start');
  const stop = useAct('practice.stop');
  const reveal = useAct('files.reveal');
  const [isForgetting, setForgetting] = useState(false);
  const turnOn = async (): Promise<void> => {
    say('The practice district is being set up.');
    if ((await start.run({})) !== undefined) say('The practice API runs.');
  };
  const turnOff = async (): Promise<void> => {
    if ((await stop.run({ forget: false })) !== undefined) say('The practice API has ended. What it holds is kept.');
  };
  const [firstExport] = exports;
  return (
    <>
      <Facts
        facts={{
          'Practice API': isRunning ? (
            <Badge tone="good">Runs</Badge>
          ) : (
            <Badge tone="plain" icon="minus">
              Off
            </Badge>
          ),
          Address: url === null ? undefined : <code>{url}</code>,
          Connection: connection === null ? undefined : <a href={hrefOf('connections', connection)}>{connection}</a>,
          'Its exports':
            firstExport === undefined ? undefined : (
              <ul className={css.path}>
                {exports.map((folder) => (
                  <li key={folder}>{folder}</li>
                ))}
              </ul>
            ),
        }}
      />
      <div className={css.buttons}>
        {isRunning ? (
          <Button onPress={() => void turnOff()} isBusy={stop.isBusy}>
            Stop the practice API
          </Button>
        ) : (
          <Button onPress={() => void turnOn()} isBusy={start.isBusy}>
            {start.isBusy ? 'Setting up …' : 'Start the practice API'}
          </Button>
        )}
        {firstExport !== undefined && (
          <Button icon="folder" onPress={() => void reveal.run({ path: firstExport })}>
            Show its exports
          </Button>
        )}
        {connection !== null && <Button onPress={() => setForgetting(true)}>Forget all of it …</Button>}
      </div>
      <Refusal error={start.error ?? stop.error ?? reveal.error} />
      {isRunning && <Weather state={state} />}
      {isForgetting && connection !== null && <Forget connection={connection} onClose={() => setForgetting(false)} />}
    </>
  );
}

function Weather({ state }: { readonly state: PracticeState }) {
  const { run, isBusy, error } = useAct('practice.faults');
  const choose = async (weather: PracticeState['weather']): Promise<void> => {
    if ((await run({ weather })) === undefined) return;
    say(WEATHERS.find(({ value }) => value === weather)?.said ?? '');
  };
  return (
    <div className={css.part}>
      <RadioField
        label="What goes wrong at the practice API"
        hint="To see how a batch comes through a bad day. It holds at once, also for a batch that runs, and until the practice API is stopped."
        value={state.weather}
        onChange={(weather) => void choose(weather)}
        options={WEATHERS}
        isBoxed={false}
        isDisabled={isBusy}
      />
      <Refusal error={error} />
    </div>
  );
}

function Forget({ connection, onClose }: { readonly connection: string; readonly onClose: () => void }) {
  const removal = useQuery('connections.removal', { name: connection });
  // It may have been removed by hand already; the rest can still go.
  const isCounted = removal.state !== 'loading';
  return (
    <ConfirmDialog
      title="Forget the practice district?"
      isOpen
      onClose={onClose}
      act="Forget the practice district"
      command="practice.stop"
      input={{ forget: true }}
      isWaiting={!isCounted}
      onDone={() => toast('The practice district was forgotten.')}
    >
      <p>
        <strong>No real API is touched.</strong> From this computer go the practice API with all it holds, its exports,
        and its connection:
      </p>
      {removal.state === 'loading' && <Loading what="Counting" />}
      {removal.state === 'ready' && (
        <Facts
          facts={{
            Connection: connection,
            'Records known as sent': number(removal.data.records),
            'Open problems': number(removal.data.openProblems),
            'Batches of its history': number(removal.data.batches),
            'Descriptor codes mapped': number(removal.data.descriptorMappings),
          }}
        />
      )}
      <p>It can be started again at any time, and is then as it was at first.</p>
    </ConfirmDialog>
  );
}
