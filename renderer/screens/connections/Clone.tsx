/** A connection like another: next year, or another API. */
import { useState } from 'react';
import type { ConnectionDetailView } from '../../../core/contract/schemas.ts';
import { go, hrefOf } from '../../app/routes.ts';
import { useAct, useQuery } from '../../client/query.ts';
import { Button, LinkButton } from '../../components/Button.tsx';
import { TextField } from '../../components/Field.tsx';
import { Loaded, Refusal } from '../../components/Notice.tsx';
import { Card, Page } from '../../components/Page.tsx';
import { TestSteps } from '../../components/TestSteps.tsx';
import { clearSteps, useLive } from '../../state/live.ts';
import { toast } from '../../state/toasts.ts';
import { plural } from '../../text/format.ts';
import css from './Connections.module.css';
import { KeyFields } from './fields.tsx';

export function Clone({ from }: { readonly from: string }) {
  const detail = useQuery('connections.show', { name: from });
  return (
    <Page
      title={`Clone “${from}”`}
      name="Clone a connection"
      width="narrow"
      back={{ href: hrefOf('connections', from), label: from }}
      lead="The clone has the same choices and the same descriptor map. It has a name, a key and a secret of its own, and has sent nothing."
    >
      <Loaded query={detail}>{(original) => <Form original={original} />}</Loaded>
    </Page>
  );
}

function Form({ original }: { readonly original: ConnectionDetailView }) {
  const { run, isBusy, error } = useAct('connections.clone');
  const steps = useLive((live) => live.steps);
  const [name, setName] = useState('');
  const [url, setUrl] = useState(original.url);
  const [routeValues, setRouteValues] = useState(original.routeValues);
  const [values, setValues] = useState({ key: '', secret: '' });
  const [hasBegun, setBegun] = useState(false);
  const isWhole = name.trim() !== '' && url.trim() !== '' && values.key !== '' && values.secret !== '';
  const clone = async (): Promise<void> => {
    setBegun(true);
    clearSteps();
    const saved = await run({
      from: original.name,
      name: name.trim(),
      ...(url.trim() === original.url ? {} : { url: url.trim() }),
      ...(JSON.stringify(routeValues) === JSON.stringify(original.routeValues) ? {} : { routeValues }),
      ...values,
    });
    if (saved === undefined) return;
    const { lookAgain } = saved.connection;
    toast(
      lookAgain.length === 0
        ? 'The clone was tested and saved.'
        : `The clone was tested and saved. ${plural(lookAgain.length, 'thing')} of it should be looked at again.`,
    );
    go(hrefOf('connections', saved.connection.name));
  };
  return (
    <form
      className={css.form}
      aria-label="The clone"
      onSubmit={(event) => {
        event.preventDefault();
        if (isWhole) void clone();
      }}
    >
      <TextField
        label="Name"
        hint="What you call the clone: “State 2027-28”."
        value={name}
        onChange={setName}
        maxLength={100}
        isRequired
      />
      <TextField label="Address of the API" type="url" value={url} onChange={setUrl} isRequired />
      {Object.keys(original.routeValues).map((route) => (
        <TextField
          key={route}
          label={`Value for “${route}” in its addresses`}
          value={routeValues[route] ?? ''}
          onChange={(value) => setRouteValues({ ...routeValues, [route]: value })}
        />
      ))}
      <KeyFields values={values} onChange={setValues} />
      <Refusal error={error} />
      {hasBegun && (
        <Card>
          <TestSteps steps={steps} isRunning={isBusy} />
        </Card>
      )}
      <div className={css.buttons}>
        <Button look="primary" type="submit" isBusy={isBusy} isDisabled={!isWhole}>
          Test and save the clone
        </Button>
        <LinkButton href={hrefOf('connections', original.name)}>Cancel</LinkButton>
      </div>
    </form>
  );
}
