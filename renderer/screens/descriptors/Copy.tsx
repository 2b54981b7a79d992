/** Pairs of another connection, or of another year: where the two maps differ, and which of it is taken over. */
import { useState } from 'react';
import { Group, type Selection } from 'react-aria-components';
import type { CommandOutput } from '../../../core/contract/schemas.ts';
import { go, hrefOf } from '../../app/routes.ts';
import { useQuery } from '../../client/query.ts';
import { Button, LinkButton } from '../../components/Button.tsx';
import { DataTable } from '../../components/DataTable.tsx';
import { SelectField } from '../../components/Field.tsx';
import { Badge, Empty, Loaded } from '../../components/Notice.tsx';
import { Page } from '../../components/Page.tsx';
import { toast } from '../../state/toasts.ts';
import { plural } from '../../text/format.ts';
import { ConfirmPairs } from './ConfirmPairs.tsx';
import css from './Descriptors.module.css';
import { MOST_PAIRS, takeBack } from './pair.ts';
import { Value } from './Value.tsx';
import { keyOf, type Pairing, typeInWords } from './words.ts';

export function Copy({ connection }: { readonly connection: string }) {
  const all = useQuery('connections.list', {});
  const [from, setFrom] = useState<string>();
  return (
    <Page
      title="Copy from another connection"
      name="Copy descriptor pairs"
      width="wide"
      back={{ href: hrefOf('descriptors', connection), label: `Descriptor map of “${connection}”` }}
      lead="Pairs that were chosen for another API or another year. You see where they differ, and choose what is taken over; the other connection stays as it is."
    >
      <Loaded query={all} what="Loading connections">
        {(connections) => {
          const others = connections.filter(({ name }) => name !== connection);
          const [only] = others;
          const chosen = from ?? (others.length === 1 ? only?.name : undefined);
          return (
            <>
              <SelectField
                label="Copy from"
                value={chosen}
                onChange={setFrom}
                options={others.map(({ name }) => ({ value: name, label: name }))}
                placeholder="Choose a connection"
              />
              {chosen !== undefined && <Differences key={chosen} connection={connection} from={chosen} />}
            </>
          );
        }}
      </Loaded>
    </Page>
  );
}

type Difference = CommandOutput<'descriptors.compare'>[number];

const canTake = ({ usable, there }: Difference): boolean => usable && there !== null;

function Differences({ connection, from }: { readonly connection: string; readonly from: string }) {
  const differences = useQuery('descriptors.compare', { connection, with: from });
  return (
    <Loaded query={differences} what="Comparing">
      {(rows) =>
        rows.length === 0 ? (
          <Empty
            icon="check"
            title="The two maps are the same"
            actions={<LinkButton href={hrefOf('descriptors', connection)}>Back to the map</LinkButton>}
          >
            {`Every code that is paired at “${from}” has the same pair here.`}
          </Empty>
        ) : (
          <Choice connection={connection} from={from} rows={rows} />
        )
      }
    </Loaded>
  );
}

function Choice({
  connection,
  from,
  rows,
}: {
  readonly connection: string;
  readonly from: string;
  readonly rows: readonly Difference[];
}) {
  const own = useQuery('descriptors.list', { connection });
  // What is missing here is what one comes for; what is different here was chosen, and stays unless the steward ticks it.
  const [selected, setSelected] = useState<ReadonlySet<string>>(
    () => new Set(rows.filter((row) => canTake(row) && row.here === null).map(keyOf)),
  );
  const [isAsked, setAsked] = useState(false);
  const chosen = rows.filter((row) => canTake(row) && selected.has(keyOf(row)));
  const over = chosen.filter(({ here }) => here !== null).length;
  const onSelect = (keys: Selection): void =>
    setSelected(keys === 'all' ? new Set(rows.filter(canTake).map(keyOf)) : new Set([...keys].map(String)));
  const pairs = chosen.slice(0, MOST_PAIRS).flatMap((row): Pairing[] => {
    if (row.there === null) return [];
    const mine = own.state === 'ready' ? own.data.find((one) => keyOf(one) === keyOf(row)) : undefined;
    return [{ type: row.type, code: row.code, uri: row.there, before: mine?.uri ?? null, blocked: undefined }];
  });
  const done = (made: readonly Pairing[]): void => {
    toast(`${plural(made.length, 'pair was', 'pairs were')} taken over.`, {
      label: 'Undo',
      // The map shows how it went.
      act: () => void takeBack(connection, made).catch(() => toast('Not all could be taken back: look at the map.')),
    });
    go(hrefOf('descriptors', connection));
  };
  return (
    <>
      <Group className={css.bulk ?? ''} aria-label="What is taken over">
        <span>
          <strong>{plural(chosen.length, 'pair')}</strong> of {plural(rows.length, 'difference')} chosen
          {over > 0 && `; ${plural(over, 'takes', 'take')} the place of a pair that is here`}
        </span>
        <Button look="primary" isDisabled={chosen.length === 0 || own.state !== 'ready'} onPress={() => setAsked(true)}>
          {`Take over ${plural(Math.min(chosen.length, MOST_PAIRS), 'pair')} …`}
        </Button>
      </Group>
      <DataTable
        label="Where the maps differ"
        rows={rows}
        rowKey={keyOf}
        disabled={rows.filter((row) => !canTake(row)).map(keyOf)}
        selected={new Set(selected)}
        onSelect={onSelect}
        columns={[
          {
            id: 'code',
            title: 'Code',
            width: '2fr',
            minWidth: 120,
            cell: ({ code }) => <strong>{code}</strong>,
            text: ({ code }) => code,
          },
          { id: 'type', title: 'Kind', width: '2fr', minWidth: 140, cell: ({ type }) => typeInWords(type) },
          {
            id: 'there',
            title: `At “${from}”`,
            width: '3fr',
            minWidth: 220,
            cell: ({ there }) =>
              there === null ? <span className={css.aside}>Not paired</span> : <Value uri={there} />,
            text: ({ there }) => (there === null ? 'Not paired' : there),
          },
          {
            id: 'here',
            title: 'Here',
            width: '3fr',
            minWidth: 220,
            cell: ({ here }) => (here === null ? <span className={css.aside}>Not paired</span> : <Value uri={here} />),
            text: ({ here }) => (here === null ? 'Not paired' : here),
          },
          {
            id: 'kind',
            title: 'Difference',
            width: 190,
            cell: (row) => <Kind row={row} />,
            text: (row) => KINDS[kindOf(row)].word,
          },
        ]}
      />
      {isAsked && (
        <ConfirmPairs
          connection={connection}
          title={`Take over ${plural(pairs.length, 'pair')} from “${from}”?`}
          pairs={pairs}
          note={
            over > 0
              ? `${plural(over, 'of them takes', 'of them take')} the place of a pair that is here now.`
              : undefined
          }
          onClose={() => setAsked(false)}
          onDone={done}
        />
      )}
    </>
  );
}

const KINDS = {
  missing: { word: 'Missing here', tone: 'info', icon: 'plus' },
  other: { word: 'Another value', tone: 'wait', icon: 'right' },
  unknown: { word: 'Not at this API', tone: 'bad', icon: 'cross' },
  only: { word: 'Only here', tone: 'plain', icon: 'minus' },
} as const;

function kindOf(row: Difference): keyof typeof KINDS {
  if (row.there === null) return 'only';
  if (!row.usable) return 'unknown';
  return row.here === null ? 'missing' : 'other';
}

const Kind = ({ row }: { readonly row: Difference }) => {
  const { word, tone, icon } = KINDS[kindOf(row)];
  return (
    <Badge tone={tone} icon={icon}>
      {word}
    </Badge>
  );
};
