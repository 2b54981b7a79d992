/** Find: a record by any of its identifiers, in the ledger and through the last export that was sent, or by its reference. */
import { useState } from 'react';
import type { FoundView } from '../../../core/contract/schemas.ts';
import { go, hrefOf } from '../../app/routes.ts';
import type { ScreenProps } from '../../app/screens.tsx';
import { useQuery } from '../../client/query.ts';
import { Button } from '../../components/Button.tsx';
import { DataTable } from '../../components/DataTable.tsx';
import { SelectField, TextField } from '../../components/Field.tsx';
import { Badge, Empty, Loaded, Notice, Refusal } from '../../components/Notice.tsx';
import { Page } from '../../components/Page.tsx';
import { Progress } from '../../components/Progress.tsx';
import { plural } from '../../text/format.ts';
import { inWords } from '../../text/names.ts';
import css from './Find.module.css';
import { Found } from './Found.tsx';
import { forgetSearch, referenceIn, type Searched, search, stopSearch, useSearched } from './search.ts';
import { FOUND_STATES, identifiersOf } from './words.ts';

export function Find({ path }: ScreenProps) {
  const [reference] = path;
  return reference === undefined ? <Search /> : <Found reference={reference} />;
}

const LEAST = 2;

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
  const wanted = text.trim();
  const isBusy = last?.state === 'looking';
  const begin = (): void => {
    const reference = referenceIn(wanted);
    if (reference === undefined) void search(connection, wanted);
    else {
      forgetSearch();
      go(hrefOf('find', reference));
    }
  };
  return (
    <>
      <form
        className={css.form}
        aria-label="What to find"
        onSubmit={(event) => {
          event.preventDefault();
          if (wanted.length >= LEAST && !isBusy) begin();
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
          <Progress label={`Looking through the last export of ${last.connection}`} done={0} />
          <Button onPress={stopSearch}>Stop</Button>
        </div>
      )}
      {last?.state === 'stopped' && (
        <Notice tone="info">
          <p>The search was stopped before it was through.</p>
        </Notice>
      )}
      <Refusal error={last?.error} />
      {last !== undefined && <Results searched={last} />}
      {last === undefined && (
        <Empty icon="find" title="What are you looking for?">
          What the ledger knows by an identifier is shown at once; then it is looked for in the last export that was
          sent, on this computer. What is found is shown with how it stands: in the API, refused, waiting or not sent.
        </Empty>
      )}
    </>
  );
}

const keyOf = ({ reference }: FoundView): string => reference;

/** In place of one, while or where the export does not tell it. */
const WITHOUT_PLACE: Readonly<Record<Searched['state'], string>> = {
  looking: 'Being looked for',
  through: 'Not in the last export',
  stopped: 'Not looked for to the end',
  failed: 'Not known',
};

function toldOf({ found, more, state }: Searched): string {
  const records = plural(found.length, 'record');
  if (state === 'looking') return `${records} found so far.`;
  if (state !== 'through') return `${records} found until then.`;
  return more ? `The first ${records}; there are more.` : `${records} found.`;
}

function Results({ searched }: { readonly searched: Searched }) {
  const { text, found, more, state } = searched;
  if (found.length === 0) {
    if (state !== 'through') return null;
    return (
      <Empty icon="find" title="Nothing was found">
        No record of the ledger or of the last export that was sent has this identifier. It has to be whole: “1001” does
        not find “100106”. A new export is looked through once it was sent.
      </Empty>
    );
  }
  const placeIn = ({ place }: FoundView): string => {
    if (place !== null) return `${place.file}, row ${place.row}`;
    // What is beyond the first hundred was not looked at.
    return WITHOUT_PLACE[state === 'through' && more ? 'failed' : state];
  };
  return (
    <div className={css.results}>
      <p className={css.told}>{toldOf(searched)} Open one to see its history and what the API has of it.</p>
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
            cell: (one) => (one.place === null ? <span className={css.told}>{placeIn(one)}</span> : placeIn(one)),
            text: placeIn,
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
