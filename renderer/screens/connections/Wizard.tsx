/** From an address to a connection: nothing is saved before it has been tested, and nothing is sent at all. */
import { useEffect, useRef, useState } from 'react';
import type { ApiView, CommandOutput } from '../../../core/contract/schemas.ts';
import { hrefOf } from '../../app/routes.ts';
import { call } from '../../client/client.ts';
import { useAct, useQuery } from '../../client/query.ts';
import { Button, LinkButton } from '../../components/Button.tsx';
import { RadioField, TextField } from '../../components/Field.tsx';
import { Loaded, Notice, Refusal } from '../../components/Notice.tsx';
import { Card, Page } from '../../components/Page.tsx';
import { TestSteps } from '../../components/TestSteps.tsx';
import { clearSteps, useLive } from '../../state/live.ts';
import { ApiFacts } from './ApiFacts.tsx';
import css from './Connections.module.css';
import { CertificateField, KeyFields, type Kind, RouteFields, StudentIdField, studentIdOf } from './fields.tsx';
import { KeyFacts } from './KeyFacts.tsx';
import { ResourceSwitches } from './Resources.tsx';
import { FIRST, Stage, Stages } from './Stages.tsx';

const STAGES = ['Address', 'Key and secret', 'Test', 'Identifier', 'Resources', 'Done'] as const;

interface Values {
  readonly url: string;
  readonly ca: readonly string[];
  readonly routeValues: Readonly<Record<string, string>>;
  readonly name: string;
  readonly key: string;
  readonly secret: string;
  readonly kind: Kind | undefined;
  readonly type: string;
  readonly vanished: 'delete' | 'keep';
}

const EMPTY: Values = {
  url: '',
  ca: [],
  routeValues: {},
  name: '',
  key: '',
  secret: '',
  kind: undefined,
  type: '',
  vanished: 'delete',
};

type Change = (some: Partial<Values>) => void;
type Saved = CommandOutput<'connections.add'>;

const reachOf = ({ url, ca, routeValues }: Values) => ({
  url: url.trim(),
  ca: [...ca],
  routeValues: { ...routeValues },
});

export function Wizard() {
  const [at, setAt] = useState(0);
  const [values, setValues] = useState(EMPTY);
  const [api, setApi] = useState<ApiView>();
  const [saved, setSaved] = useState<Saved>();
  const change: Change = (some) => setValues((before) => ({ ...before, ...some }));
  const back = (): void => setAt(at - 1);
  const next = (): void => setAt(at + 1);
  const stage = () => {
    switch (at) {
      case 0:
        return <Address values={values} change={change} api={api} onApi={setApi} next={next} />;
      case 1:
        return <Key values={values} change={change} api={api} back={back} next={next} />;
      case 2:
        return <Test values={values} back={back} next={next} />;
      case 3:
        return (
          <Identifier
            values={values}
            change={change}
            back={back}
            onSaved={(made) => {
              setSaved(made);
              // Not kept a moment longer than it is needed.
              change({ secret: '' });
              next();
            }}
          />
        );
      case 4:
        return <ResourceStage name={values.name.trim()} next={next} />;
      default:
        return <Done name={values.name.trim()} notices={saved?.notices ?? []} />;
    }
  };
  return (
    <Page
      title="Connect to an API"
      back={{ href: hrefOf('connections'), label: 'Connections' }}
      lead="Nothing is sent while you connect."
    >
      <Stages names={STAGES} at={at}>
        {stage()}
      </Stages>
    </Page>
  );
}

function Address({
  values,
  change,
  api,
  onApi,
  next,
}: {
  readonly values: Values;
  readonly change: Change;
  readonly api: ApiView | undefined;
  readonly onApi: (api: ApiView | undefined) => void;
  readonly next: () => void;
}) {
  const discover = useAct('connections.discover');
  const look = async (): Promise<void> => {
    const { routeValues: _, ...reach } = reachOf(values);
    const found = await discover.run(reach);
    onApi(found);
  };
  const isOpen = api?.open.some(({ name }) => (values.routeValues[name] ?? '').trim() === '') === true;
  return (
    <Stage
      title={FIRST}
      onSubmit={() => void (api === undefined ? look() : isOpen ? undefined : next())}
      buttons={
        api === undefined ? (
          <Button look="primary" type="submit" isBusy={discover.isBusy} isDisabled={values.url.trim() === ''}>
            Look there
          </Button>
        ) : (
          <Button look="primary" type="submit" isDisabled={isOpen}>
            Go on
          </Button>
        )
      }
    >
      <TextField
        label="Address of the API"
        hint="As its host gave it to you. The base address is enough; the rest is found there."
        type="url"
        placeholder="https://api.example.edu/v7.3/api"
        value={values.url}
        onChange={(url) => {
          change({ url, routeValues: {} });
          onApi(undefined);
        }}
        isRequired
        autoFocus
      />
      <CertificateField
        ca={values.ca}
        onChange={(ca) => {
          change({ ca });
          onApi(undefined);
        }}
      />
      <Refusal error={discover.error} />
      {api !== undefined && (
        <Card className={css.found ?? ''}>
          <ApiFacts api={api} url={values.url} />
        </Card>
      )}
      {api !== undefined && (
        <RouteFields open={api.open} values={values.routeValues} onChange={(routeValues) => change({ routeValues })} />
      )}
    </Stage>
  );
}

const BackButton = ({
  onPress,
  isDisabled = false,
}: {
  readonly onPress: () => void;
  readonly isDisabled?: boolean;
}) => (
  <Button onPress={onPress} isDisabled={isDisabled}>
    Back
  </Button>
);

function Key({
  values,
  change,
  api,
  back,
  next,
}: {
  readonly values: Values;
  readonly change: Change;
  readonly api: ApiView | undefined;
  readonly back: () => void;
  readonly next: () => void;
}) {
  const all = useQuery('connections.list', {});
  const name = values.name.trim();
  const isTaken = all.state === 'ready' && all.data.some((one) => one.name.toLowerCase() === name.toLowerCase());
  const isWhole = name !== '' && !isTaken && values.key !== '' && values.secret !== '';
  return (
    <Stage
      title="What may you do there?"
      onSubmit={() => isWhole && next()}
      buttons={
        <>
          <BackButton onPress={back} />
          <Button look="primary" type="submit" isDisabled={!isWhole}>
            Test the connection
          </Button>
        </>
      }
    >
      <KeyFields values={values} onChange={change} />
      <TextField
        label="Name"
        hint={`What you call it here: “State 2026-27”.${api === undefined ? '' : ` It is at ${api.host}.`}`}
        value={values.name}
        onChange={(typed) => change({ name: typed })}
        maxLength={100}
        error={isTaken ? 'There is a connection of this name already: choose another.' : undefined}
        isRequired
      />
    </Stage>
  );
}

function Test({
  values,
  back,
  next,
}: {
  readonly values: Values;
  readonly back: () => void;
  readonly next: () => void;
}) {
  const { run, isBusy, error } = useAct('connections.tryOut');
  const live = useLive(({ steps }) => steps);
  const [result, setResult] = useState<CommandOutput<'connections.tryOut'>>();
  const test = async (): Promise<void> => {
    setResult(undefined);
    clearSteps();
    setResult(await run({ ...reachOf(values), key: values.key, secret: values.secret }));
  };
  // The button before said that it would test: it begins by itself, once.
  const hasBegun = useRef(false);
  useEffect(() => {
    if (hasBegun.current) return;
    hasBegun.current = true;
    void test();
  });
  const steps = result?.steps ?? live;
  const hasFailed = steps.some(({ state }) => state === 'failed');
  const isDone = result !== undefined && !hasFailed;
  const warned = steps.filter(({ state }) => state === 'warned').length;
  return (
    <Stage
      title="Does it work?"
      onSubmit={() => isDone && next()}
      buttons={
        <>
          <BackButton onPress={back} isDisabled={isBusy} />
          {isBusy ? (
            <Button onPress={() => void call('connections.stopTest', {}).catch(() => undefined)}>Stop the test</Button>
          ) : (
            <Button icon="refresh" onPress={() => void test()}>
              Test again
            </Button>
          )}
          <Button look="primary" type="submit" isDisabled={!isDone}>
            Go on
          </Button>
        </>
      }
    >
      <Refusal error={error} />
      {isDone && (
        <Notice tone={warned === 0 ? 'good' : 'wait'} isAlert>
          <p>
            {warned === 0
              ? 'Every step passed.'
              : 'It works. Some steps have something to tell you; none of it stops you now.'}
          </p>
        </Notice>
      )}
      {hasFailed && (
        <Notice tone="bad" isAlert>
          <p>The test ended at the step that failed. Do what it says, then test again.</p>
        </Notice>
      )}
      <Card>
        <TestSteps steps={steps} isRunning={isBusy && !hasFailed} />
      </Card>
      {result?.key != null && (
        <Card className={css.found ?? ''}>
          <h3>What the key is for</h3>
          <KeyFacts info={result.key} />
        </Card>
      )}
    </Stage>
  );
}

function Identifier({
  values,
  change,
  back,
  onSaved,
}: {
  readonly values: Values;
  readonly change: Change;
  readonly back: () => void;
  readonly onSaved: (saved: Saved) => void;
}) {
  const { run, isBusy, error } = useAct('connections.add');
  const studentId = studentIdOf(values.kind, values.type);
  const save = async (): Promise<void> => {
    if (studentId === undefined) return;
    clearSteps();
    const saved = await run({
      ...reachOf(values),
      name: values.name.trim(),
      key: values.key,
      secret: values.secret,
      studentId,
      vanished: values.vanished,
    });
    if (saved !== undefined) onSaved(saved);
  };
  return (
    <Stage
      title="How are your students known?"
      onSubmit={() => void save()}
      buttons={
        <>
          <BackButton onPress={back} isDisabled={isBusy} />
          <Button look="primary" type="submit" isBusy={isBusy} isDisabled={studentId === undefined}>
            Save the connection
          </Button>
        </>
      }
    >
      <StudentIdField
        kind={values.kind}
        onKind={(kind) => change({ kind })}
        type={values.type}
        onType={(type) => change({ type })}
      />
      <RadioField
        label="What becomes of a record that is no longer in the export?"
        hint="You see the number of deletes before anything is sent, and many at once wait for your approval."
        value={values.vanished}
        onChange={(vanished) => change({ vanished })}
        options={[
          { value: 'delete', label: 'It is deleted at the API', hint: '– the API stays true to the export' },
          { value: 'keep', label: 'It stays', hint: '– for exports that leave things out' },
        ]}
      />
      <Refusal error={error} />
    </Stage>
  );
}

function ResourceStage({ name, next }: { readonly name: string; readonly next: () => void }) {
  const groups = useQuery('connections.resources', { name });
  const update = useAct('connections.update');
  const [off, setOff] = useState<readonly string[]>([]);
  const save = async (): Promise<void> => {
    if (off.length === 0 || (await update.run({ name, resources: { off: [...off] } })) !== undefined) next();
  };
  return (
    <Stage
      title="What is sent?"
      onSubmit={() => void save()}
      buttons={
        <Button look="primary" type="submit" isBusy={update.isBusy}>
          Go on
        </Button>
      }
    >
      <p>
        Everything that your export can fill is on. Switch off what another system sends; it is then neither sent nor
        deleted.
      </p>
      <Refusal error={update.error} />
      <Loaded query={groups} what="Loading resources">
        {(all) => <ResourceSwitches groups={all} off={off} onChange={setOff} />}
      </Loaded>
    </Stage>
  );
}

function Done({ name, notices }: { readonly name: string; readonly notices: Saved['notices'] }) {
  return (
    <Stage
      title="The connection is ready"
      buttons={
        <>
          <LinkButton href={hrefOf('overview')} look="primary">
            To the overview
          </LinkButton>
          <LinkButton href={hrefOf('connections', name)}>Look at the connection</LinkButton>
        </>
      }
    >
      <Notice tone="good">
        <p>“{name}” was tested and saved. Nothing has been sent.</p>
      </Notice>
      {notices.map(({ code, sentence }) => (
        <Notice key={code} tone="wait">
          <p>{sentence}</p>
        </Notice>
      ))}
      <p>Next, choose the folder or zip that your SIS exports to, and look at what would be sent.</p>
    </Stage>
  );
}
