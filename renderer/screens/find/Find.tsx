/** Find: a record by any of its identifiers, through the last export that was sent, or by its reference. */
import { useRef, useState } from 'react';
import type { FoundInSource } from '../../../core/contract/schemas.ts';
import { go, hrefOf } from '../../app/routes.ts';
import type { ScreenProps } from '../../app/screens.tsx';
import { ask, asRefused, call, type Refused } from '../../client/client.ts';
import { useQuery } from '../../client/query.ts';
import { Button } from '../../components/Button.tsx';
import { DataTable } from '../../components/DataTable.tsx';
import { SelectField, TextField } from '../../components/Field.tsx';
import { Badge, Empty, Loaded, Notice, Refusal } from '../../components/Notice.tsx';
import { Page } from '../../components/Page.tsx';
import { Progress } from '../../components/Progress.tsx';
import { say } from '../../state/live.ts';
import { plural } from '../../text/format.ts';
import { inWords } from '../../text/names.ts';
import css from './Find.module.css';
import { Found } from './Found.tsx';
import { keepSearched, referenceIn, type Searched, useSearched } from './search.ts';
import { FOUND_STATES, identifiersOf } from './words.ts';

export function Find({ path }: ScreenProps) {
  const [reference] = path;
  return reference === undefined ? <Search /> : <Found reference={reference} />;
}

const LEAST = 2;
const MOST = 100;

function Search() {
  const connections = useQuery('connections.list', {});
  return (
    <Page title="Find" lead="A record by one of its identifiers, or by the reference that support was told.">
      <Loaded query={connections} what="Loading connections">
        {(all) => <Form connections={all.map(({ name }) => name)} />}
      </Loaded>
    </Page>
  );
}

function Form({ connections }: { readonly connections: readonly string[] }) {
  const last = useSearched((state) => state.last);
  const [connection, setConnection] = useState(last?.connection ?? connections[0] ?? '');
  const [text, setText] = useState(last?.text ?? '');
  const [isBusy, setBusy] = useState(false);
  const [wasStopped, setStopped] = useState(false);
  const [error, setError] = useState<Refused>();
  /** Counts the searches; what an older one found is dropped. */
  const asked = useRef(0);
  const wanted = text.trim();
  const search = async (): Promise<void> => {
    setStopped(false);
    setError(undefined);
    keepSearched(undefined);
    const reference = referenceIn(wanted);
    if (reference !== undefined) return go(hrefOf('find', reference));
    asked.current += 1;
    const mine = asked.current;
    setBusy(true);
    say('Looking through the last export.');
    try {
      const { found, more } = await ask('records.search', { connection, text: wanted, limit: MOST });
      if (mine !== asked.current) return;
      keepSearched({ connection, text: wanted, found, more });
      say(found.length === 0 ? 'Nothing was found.' : `${plural(found.length, 'record')} found.`);
    } catch (thrown) {
      if (mine === asked.current) setError(asRefused(thrown));
    } finally {
      if (mine === asked.current) setBusy(false);
    }
  };
  const stop = (): void => {
    asked.current += 1;
    setBusy(false);
    setStopped(true);
    say('The search was stopped.');
    void call('records.stopSearch', {}).catch(() => undefined);
  };
  return (
    <>
      <form
        className={css.form}
        aria-label="What to find"
        onSubmit={(event) => {
          event.preventDefault();
          if (wanted.length >= LEAST && !isBusy) void search();
        }}
      >
        {connections.length > 1 && (
          <SelectField
            label="Connection"
            value={connection}
            onChange={setConnection}
            options={connections.map((name) => ({ value: name, label: name }))}
          />
        )}
        <TextField
          label="Identifier or reference"
          className={css.field ?? ''}
          value={text}
          onChange={setText}
          maxLength={100}
          autoFocus
          hint="The whole of a student or staff number or a course code, or a reference like R‑7K4M‑2Q."
          button={
            <Button look="primary" type="submit" icon="find" isBusy={isBusy} isDisabled={wanted.length < LEAST}>
              Find
            </Button>
          }
        />
      </form>
      {isBusy && (
        <div className={css.busy}>
          <Progress label={`Looking through the last export of ${connection}`} done={0} />
          <Button onPress={stop}>Stop</Button>
        </div>
      )}
      {wasStopped && (
        <Notice tone="info">
          <p>The search was stopped before it was through.</p>
        </Notice>
      )}
      <Refusal error={error} />
      {!isBusy && last !== undefined && <Results searched={last} />}
      {!isBusy && last === undefined && !wasStopped && error === undefined && (
        <Empty icon="find" title="What are you looking for?">
          An identifier is looked for in the last export that was sent, on this computer. What is found is shown with
          how it stands: in the API, refused, waiting or not sent.
        </Empty>
      )}
    </>
  );
}

const keyOf = ({ reference }: FoundInSource): string => reference;

function Results({ searched: { text, found, more } }: { readonly searched: Searched }) {
  if (found.length === 0) {
    return (
      <Empty icon="find" title="Nothing was found">
        No record of the last export that was sent has this identifier. It has to be whole: “1001” does not find
        “100106”. A new export is looked through once it was sent.
      </Empty>
    );
  }
  return (
    <div className={css.results}>
      <p className={css.told}>
        {more
          ? `The first ${plural(found.length, 'record')}; there are more.`
          : `${plural(found.length, 'record')} found.`}{' '}
        Open one to see its history and what the API has of it.
      </p>
      <DataTable
        label="What was found"
        unit="record"
        rows={found}
        rowKey={keyOf}
        onRow={({ reference }) => go(hrefOf('find', reference))}
        shortUpTo={12}
        columns={[
          { id: 'what', title: 'Record', width: '2fr', minWidth: 190, cell: ({ resource }) => inWords(resource) },
          { id: 'ids', title: 'Identifiers', width: '3fr', minWidth: 220, cell: (one) => identifiersOf(one, text) },
          {
            id: 'place',
            title: 'In the export',
            width: '2fr',
            minWidth: 170,
            cell: ({ file, row }) => `${file}, row ${row}`,
          },
          {
            id: 'state',
            title: 'State',
            width: 180,
            cell: ({ state }) => <Badge tone={FOUND_STATES[state].tone}>{FOUND_STATES[state].word}</Badge>,
            text: ({ state }) => FOUND_STATES[state].word,
          },
        ]}
      />
    </div>
  );
}
