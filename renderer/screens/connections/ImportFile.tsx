/** A connection from a file: its choices and its descriptor map come along, key and secret do not. */
import { useState } from 'react';
import type { CommandOutput } from '../../../core/contract/schemas.ts';
import { hrefOf } from '../../app/routes.ts';
import { ask, asRefused, type Refused } from '../../client/client.ts';
import { useAct, useQuery } from '../../client/query.ts';
import { Button, LinkButton } from '../../components/Button.tsx';
import { Facts } from '../../components/Facts.tsx';
import { TextField } from '../../components/Field.tsx';
import { Notice, Refusal } from '../../components/Notice.tsx';
import { Card, Page } from '../../components/Page.tsx';
import { TestSteps } from '../../components/TestSteps.tsx';
import { clearSteps, useLive } from '../../state/live.ts';
import { number } from '../../text/format.ts';
import css from './Connections.module.css';
import { KeyFields } from './fields.tsx';

interface Chosen {
  readonly file: string;
  readonly document: unknown;
  /** As far as the file has them; the engine checks the whole. */
  readonly name: string;
  readonly url: string | undefined;
  readonly studentId: string | undefined;
  readonly descriptors: number | undefined;
}

const textIn = (document: object, name: string): string | undefined => {
  const value = (document as Readonly<Record<string, unknown>>)[name];
  return typeof value === 'string' ? value : undefined;
};

/** @returns undefined where it is no connection file */
function readFile(file: string, text: string): Chosen | undefined {
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof document !== 'object' || document === null || textIn(document, 'format') !== 'rollbook-connection')
    return undefined;
  const { descriptors } = document as { readonly descriptors?: unknown };
  return {
    file,
    document,
    name: textIn(document, 'name') ?? '',
    url: textIn(document, 'url'),
    studentId: textIn(document, 'studentId'),
    descriptors: Array.isArray(descriptors) ? descriptors.length : undefined,
  };
}

export function ImportFile() {
  const [chosen, setChosen] = useState<Chosen>();
  const [wrong, setWrong] = useState<string>();
  const [failed, setFailed] = useState<Refused>();
  const choose = async (): Promise<void> => {
    setWrong(undefined);
    setFailed(undefined);
    try {
      const opened = await ask('files.openText', { purpose: 'connection' });
      if (opened === null) return;
      const read = readFile(opened.name, opened.text);
      setChosen(read);
      if (read === undefined) setWrong(`${opened.name} is no connection file. Choose one that Rollbook has exported.`);
    } catch (thrown) {
      setFailed(asRefused(thrown));
    }
  };
  return (
    <Page
      title="Import a connection file"
      width="narrow"
      back={{ href: hrefOf('connections'), label: 'Connections' }}
      lead="The file brings the address, the choices and the descriptor map. You give it a key and a secret."
    >
      <div className={css.buttons}>
        <Button look={chosen === undefined ? 'primary' : 'secondary'} icon="file" onPress={() => void choose()}>
          {chosen === undefined ? 'Choose the file …' : 'Choose another file …'}
        </Button>
      </div>
      <Refusal error={failed} />
      {wrong !== undefined && (
        <Notice tone="bad" isAlert>
          <p>{wrong}</p>
        </Notice>
      )}
      {chosen !== undefined && <Form key={chosen.file} chosen={chosen} />}
    </Page>
  );
}

function Form({ chosen }: { readonly chosen: Chosen }) {
  const { run, isBusy, error } = useAct('connections.import');
  const all = useQuery('connections.list', {});
  const steps = useLive((live) => live.steps);
  const [name, setName] = useState(chosen.name);
  const [values, setValues] = useState({ key: '', secret: '' });
  const [hasBegun, setBegun] = useState(false);
  const [saved, setSaved] = useState<CommandOutput<'connections.import'>>();
  const isTaken = all.state === 'ready' && all.data.some((one) => one.name.toLowerCase() === name.trim().toLowerCase());
  const isWhole = name.trim() !== '' && !isTaken && values.key !== '' && values.secret !== '';
  const bring = async (): Promise<void> => {
    setBegun(true);
    clearSteps();
    const made = await run({ document: chosen.document, name: name.trim(), ...values });
    if (made === undefined) return;
    setValues({ key: '', secret: '' });
    setSaved(made);
  };
  if (saved !== undefined) {
    return (
      <>
        <Notice tone="good" isAlert>
          <p>“{saved.connection.name}” was tested and saved. Nothing has been sent.</p>
        </Notice>
        {saved.notices.map(({ code, sentence }) => (
          <Notice key={code} tone="wait">
            <p>{sentence}</p>
          </Notice>
        ))}
        <div className={css.buttons}>
          <LinkButton href={hrefOf('overview')} look="primary">
            To the overview
          </LinkButton>
          <LinkButton href={hrefOf('connections', saved.connection.name)}>Look at the connection</LinkButton>
        </div>
      </>
    );
  }
  return (
    <>
      <Card>
        <Facts
          facts={{
            File: chosen.file,
            Address: chosen.url,
            'Students’ unique ID': chosen.studentId,
            'Descriptor codes mapped': chosen.descriptors === undefined ? undefined : number(chosen.descriptors),
          }}
        />
      </Card>
      <form
        className={css.form}
        aria-label="The connection"
        onSubmit={(event) => {
          event.preventDefault();
          if (isWhole) void bring();
        }}
      >
        <TextField
          label="Name"
          value={name}
          onChange={setName}
          maxLength={100}
          error={isTaken ? 'There is a connection of this name already: choose another.' : undefined}
          isRequired
        />
        <KeyFields values={values} onChange={setValues} isDisabled={isBusy} />
        <Refusal error={error} />
        {hasBegun && (
          <Card>
            <TestSteps steps={steps} isRunning={isBusy} />
          </Card>
        )}
        <div className={css.buttons}>
          <Button look="primary" type="submit" isBusy={isBusy} isDisabled={!isWhole}>
            Test and save
          </Button>
        </div>
      </form>
    </>
  );
}
