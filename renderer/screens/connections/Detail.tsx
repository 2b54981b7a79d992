/** One connection: how it is, what its key is for, and what can be done with it. */
import { useState } from 'react';
import type { ConnectionDetailView } from '../../../core/contract/schemas.ts';
import { go, hrefOf } from '../../app/routes.ts';
import { call } from '../../client/client.ts';
import { useAct, useQuery } from '../../client/query.ts';
import { Button, LinkButton } from '../../components/Button.tsx';
import { ConfirmDialog, Dialog } from '../../components/Dialog.tsx';
import { Facts } from '../../components/Facts.tsx';
import { RadioField, TextField } from '../../components/Field.tsx';
import { Badge, Loaded, Loading, Refusal } from '../../components/Notice.tsx';
import { Card, Page, Section } from '../../components/Page.tsx';
import { TestSteps } from '../../components/TestSteps.tsx';
import { When } from '../../components/When.tsx';
import { clearSteps, useLive } from '../../state/live.ts';
import { toast } from '../../state/toasts.ts';
import { bytes, list, number, plural } from '../../text/format.ts';
import css from './Connections.module.css';
import { KeyFacts } from './KeyFacts.tsx';
import { ReadBack } from './ReadBack.tsx';

export function Detail({ name }: { readonly name: string }) {
  const detail = useQuery('connections.show', { name });
  const [open, setOpen] = useState<'edit' | 'remove'>();
  const close = (): void => setOpen(undefined);
  const save = useAct('connections.export');
  const exportFile = async (): Promise<void> => {
    const document = await save.run({ name });
    if (document === undefined) return;
    const text = `${JSON.stringify(document, null, 2)}\n`;
    const { path } = await call('files.saveText', { purpose: 'connection', suggestedName: fileName(name), text });
    if (path !== null) toast('The connection was saved as a file. It holds no key and no secret.');
  };
  return (
    <Page
      title={name}
      name="Connection"
      back={{ href: hrefOf('connections'), label: 'Connections' }}
      actions={
        <>
          <Button onPress={() => setOpen('edit')}>Edit</Button>
          <LinkButton href={hrefOf('connections', name, 'clone')} icon="copy">
            Clone
          </LinkButton>
          <LinkButton href={hrefOf('connections', name, 'rotate')} icon="key">
            Change the key
          </LinkButton>
          <Button onPress={() => void exportFile()} isBusy={save.isBusy}>
            Export
          </Button>
          <Button onPress={() => setOpen('remove')}>Remove …</Button>
        </>
      }
    >
      <Refusal error={save.error} />
      <Loaded query={detail} what="Loading the connection">
        {(connection) => (
          <>
            <LookAgain connection={connection} />
            <div className={css.two}>
              <div className={css.stack}>
                <Choices connection={connection} />
                <KeySection connection={connection} />
              </div>
              <TestSection name={name} />
            </div>
            <ReadBack connection={name} />
            {open === 'edit' && <Edit connection={connection} onClose={close} />}
          </>
        )}
      </Loaded>
      {open === 'remove' && <Remove name={name} onClose={close} />}
    </Page>
  );
}

/** A name that every file system takes. */
const fileName = (name: string): string =>
  `${
    name
      .replace(/[^\p{L}\p{N} _-]/gu, '')
      .trim()
      .slice(0, 60) || 'connection'
  }.json`;

function Choices({ connection }: { readonly connection: ConnectionDetailView }) {
  const { name, routeValues, off, settings } = connection;
  return (
    <Card>
      <Section title="What it is">
        <Facts
          facts={{
            API: connection.inWords ?? 'Not tested yet',
            Address: connection.url,
            ...routeValues,
            'Records in the API': number(connection.records),
            'Students’ unique ID': connection.studentId,
            'Records no longer in the export': connection.vanished === 'delete' ? 'are deleted' : 'stay',
            Resources: (
              <span>
                {off.length === 0 ? 'All that the mapping makes' : `${list(off)} switched off`}
                {' · '}
                <a href={hrefOf('connections', name, 'resources')}>Choose</a>
              </span>
            ),
            'Descriptor codes mapped': number(connection.descriptorMappings),
            Mapping: connection.mapping ?? 'The one that Rollbook ships',
            Settings:
              Object.keys(settings).length === 0
                ? undefined
                : list(Object.entries(settings).map(([key, value]) => `${key}: ${value}`)),
            'Own certificates': connection.certificates === 0 ? undefined : number(connection.certificates),
            'Cloned from': connection.clonedFrom ?? undefined,
            'Specification read':
              connection.specificationAt === null ? 'Not yet' : <When at={connection.specificationAt} />,
          }}
        />
      </Section>
    </Card>
  );
}

const PLACES = {
  keychain: 'In this computer’s keychain',
  file: 'In a file of yours',
  nowhere: 'Nowhere: this computer has no keychain',
} as const;

function KeySection({ connection }: { readonly connection: ConnectionDetailView }) {
  const info = useQuery('connections.keyInfo', { name: connection.name });
  return (
    <Card>
      <Section title="What the key is for">
        <Facts
          facts={{
            Key: <code>{connection.key}</code>,
            'In use since': <When at={connection.keySince} />,
            Secret: PLACES[connection.secret],
          }}
        />
        <Loaded query={info} what="Loading what the key is for">
          {(known) =>
            known === null ? (
              <p>The API has not told yet what the key is for: test the connection.</p>
            ) : (
              <>
                <p className={css.note}>
                  As the API told it <When at={known.at} />:
                </p>
                <KeyFacts info={known.info} />
              </>
            )
          }
        </Loaded>
      </Section>
    </Card>
  );
}

function TestSection({ name }: { readonly name: string }) {
  const { run, isBusy, error } = useAct('connections.test');
  const live = useLive(({ steps }) => steps);
  const [hasBegun, setBegun] = useState(false);
  const test = (): void => {
    setBegun(true);
    clearSteps();
    void run({ name });
  };
  return (
    <Card>
      <Section
        title="Test"
        actions={
          isBusy ? (
            <Button onPress={() => void call('connections.stopTest', {}).catch(() => undefined)}>Stop</Button>
          ) : (
            <Button icon="refresh" onPress={test}>
              Test now
            </Button>
          )
        }
      >
        <Refusal error={error} />
        {hasBegun ? (
          <TestSteps steps={live} isRunning={isBusy && !live.some(({ state }) => state === 'failed')} />
        ) : (
          <p>Each step says what it found and, where something is wrong, what to do. Nothing is written at the API.</p>
        )}
      </Section>
    </Card>
  );
}

function LookAgain({ connection }: { readonly connection: ConnectionDetailView }) {
  const { name, lookAgain, clonedFrom } = connection;
  const looked = useAct('connections.looked');
  if (lookAgain.length === 0) return null;
  return (
    <Card>
      <Section
        title="Look at this again"
        actions={<Badge tone="wait">{plural(lookAgain.length, 'thing')}</Badge>}
        note={`It was cloned${clonedFrom === null ? '' : ` from “${clonedFrom}”`}. What was right there may not be here.`}
      >
        <Refusal error={looked.error} />
        <ul className={css.look}>
          {lookAgain.map(({ entry, sentence }) => (
            <li key={entry}>
              <span>{sentence}</span>
              <Button
                onPress={() => void looked.run({ name, entry })}
                isDisabled={looked.isBusy}
                aria-label={`It is right: ${sentence}`}
              >
                It is right
              </Button>
            </li>
          ))}
        </ul>
      </Section>
    </Card>
  );
}

function Edit({ connection, onClose }: { readonly connection: ConnectionDetailView; readonly onClose: () => void }) {
  const { run, isBusy, error } = useAct('connections.update');
  const [name, setName] = useState(connection.name);
  const [url, setUrl] = useState(connection.url);
  const [vanished, setVanished] = useState(connection.vanished);
  const save = async (): Promise<void> => {
    const newName = name.trim();
    const saved = await run({
      name: connection.name,
      ...(newName === connection.name ? {} : { newName }),
      ...(url.trim() === connection.url ? {} : { url: url.trim() }),
      vanished,
    });
    if (saved === undefined) return;
    onClose();
    toast('The connection was changed.');
    for (const { sentence } of saved.notices) toast(sentence);
    go(hrefOf('connections', newName));
  };
  return (
    <Dialog
      title="Edit the connection"
      isOpen
      onClose={onClose}
      isBusy={isBusy}
      actions={
        <>
          <Button onPress={onClose} isDisabled={isBusy}>
            Cancel
          </Button>
          <Button
            look="primary"
            onPress={() => void save()}
            isBusy={isBusy}
            isDisabled={name.trim() === '' || url.trim() === ''}
          >
            Save
          </Button>
        </>
      }
    >
      <TextField label="Name" value={name} onChange={setName} maxLength={100} isRequired autoFocus />
      <TextField
        label="Address of the API"
        hint="For the same API at a new address. For another API or another year, clone the connection instead. It is tested before it is saved."
        type="url"
        value={url}
        onChange={setUrl}
        isRequired
      />
      <RadioField
        label="What becomes of a record that is no longer in the export?"
        value={vanished}
        onChange={setVanished}
        options={[
          { value: 'delete', label: 'It is deleted at the API' },
          { value: 'keep', label: 'It stays' },
        ]}
      />
      <Refusal error={error} />
    </Dialog>
  );
}

function Remove({ name, onClose }: { readonly name: string; readonly onClose: () => void }) {
  const removal = useQuery('connections.removal', { name });
  return (
    <ConfirmDialog
      title={`Remove “${name}”?`}
      isOpen
      onClose={onClose}
      act="Remove the connection"
      command="connections.remove"
      input={{ name }}
      isWaiting={removal.state !== 'ready'}
      onDone={() => {
        toast(`“${name}” was removed. What it sent is still at the API.`);
        go(hrefOf('connections'));
      }}
    >
      <p>
        <strong>Nothing is deleted at the API.</strong> What Rollbook knows of the connection goes from this computer:
      </p>
      {removal.state === 'loading' && <Loading what="Counting" />}
      {removal.state === 'failed' && <Refusal error={removal.error} />}
      {removal.state === 'ready' && (
        <Facts
          facts={{
            'Records known as sent': number(removal.data.records),
            'Open problems': number(removal.data.openProblems),
            'Batches of its history': number(removal.data.batches),
            'Descriptor codes mapped': number(removal.data.descriptorMappings),
            'Sealed copy of its source': removal.data.copyBytes === 0 ? undefined : bytes(removal.data.copyBytes),
            'Its secret':
              removal.data.secret === 'keychain'
                ? 'goes from the keychain'
                : removal.data.secret === 'file'
                  ? 'stays in your file'
                  : undefined,
          }}
        />
      )}
      <p>Copies of the ledger go too, and a new one is made without it.</p>
      <p>
        To have it again, export it first: the file keeps its choices and its descriptor map. What it knows as sent can
        then be read back from the API.
      </p>
    </ConfirmDialog>
  );
}
