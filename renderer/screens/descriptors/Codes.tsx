/** Every code that was met, the one that keeps most records back first. */
import { useCallback, useEffect, useMemo, useState } from 'react';
import { Group, type Selection } from 'react-aria-components';
import type { CommandOutput, DescriptorCodeView } from '../../../core/contract/schemas.ts';
import { hrefOf } from '../../app/routes.ts';
import { ask, asRefused, type Refused } from '../../client/client.ts';
import { usePages, useQuery } from '../../client/query.ts';
import { Button, LinkButton } from '../../components/Button.tsx';
import { type DataColumn, DataTable } from '../../components/DataTable.tsx';
import { ConnectionSwitch } from '../../components/ForConnection.tsx';
import { Empty, Loading, Notice, Refusal } from '../../components/Notice.tsx';
import { Page } from '../../components/Page.tsx';
import { say } from '../../state/live.ts';
import { number, plural } from '../../text/format.ts';
import { ConfirmPairs } from './ConfirmPairs.tsx';
import css from './Descriptors.module.css';
import { Filters, type Show } from './Filters.tsx';
import { PairDialog } from './PairDialog.tsx';
import { Paired } from './Paired.tsx';
import { MOST_PAIRS } from './pair.ts';
import { Value } from './Value.tsx';
import { keyOf, namespaceOf, type Pairing, suggestedPairs, typeInWords, valueName } from './words.ts';

type Answer = CommandOutput<'descriptors.codes'>;

const TYPING_MS = 200;
/** Rows that are read at a time. */
const PAGE = 250;

/** What was typed, once the steward has stopped. */
function useSettled(text: string): string {
  const [settled, setSettled] = useState(text);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(text), TYPING_MS);
    return () => clearTimeout(timer);
  }, [text]);
  return settled;
}

export function Codes({ connection }: { readonly connection: string }) {
  const [show, setShow] = useState<Show>('unpaired');
  const [type, setType] = useState<string>();
  const [text, setText] = useState('');
  const [selected, setSelected] = useState<ReadonlySet<string>>(new Set());
  const [known, setKnown] = useState<Pick<Answer, 'counts' | 'types'>>();
  const [open, setOpen] = useState<DescriptorCodeView>();
  const [asked, setAsked] = useState<{ readonly pairs: readonly Pairing[]; readonly without: number }>();
  const [paired, setPaired] = useState<readonly Pairing[]>([]);
  const [error, setError] = useState<Refused>();
  const settled = useSettled(text);

  const filter = {
    connection,
    ...(type === undefined ? {} : { type }),
    ...(settled.trim() === '' ? {} : { text: settled.trim() }),
  };
  const filterKey = JSON.stringify(filter);
  const read = useCallback(
    async (after: string | undefined) => {
      const wanted = JSON.parse(filterKey) as typeof filter;
      const { codes, next, counts, types } = await ask('descriptors.codes', {
        ...wanted,
        show,
        limit: PAGE,
        ...(after === undefined ? {} : { after }),
      });
      setKnown({ counts, types });
      return { rows: codes, next };
    },
    [filterKey, show],
  );
  const pages = usePages('descriptors', read);
  const isFiltered = type !== undefined || text.trim() !== '' || settled.trim() !== '';
  const isNothing = known !== undefined && known.counts.paired + known.counts.unpaired === 0 && !isFiltered;
  const columns = useMemo(() => columnsOf(show), [show]);

  const chosen = pages.rows.filter((row) => selected.has(keyOf(row)));
  const suggested = suggestedPairs(chosen);
  const onSelect = (keys: Selection): void =>
    setSelected(keys === 'all' ? new Set(pages.rows.map(keyOf)) : new Set([...keys].map(String)));
  const change = (act: () => void): void => {
    setSelected(new Set());
    act();
  };
  const done = (pairs: readonly Pairing[]): void => {
    setSelected(new Set());
    setPaired((before) => [...before.filter((one) => !pairs.some((other) => keyOf(other) === keyOf(one))), ...pairs]);
    say(`${plural(pairs.length, 'code was', 'codes were')} paired.`);
  };
  const askForSure = async (): Promise<void> => {
    setError(undefined);
    try {
      const pairs = await surePairs(filter);
      if (pairs.length === 0) say('None of the codes has a very likely suggestion.');
      setAsked({ pairs, without: 0 });
    } catch (thrown) {
      setError(asRefused(thrown));
    }
  };
  const next = (): DescriptorCodeView | undefined => {
    const at = pages.rows.findIndex((row) => open !== undefined && keyOf(row) === keyOf(open));
    return pages.rows.slice(at + 1).find(({ uri }) => uri === null);
  };

  return (
    <Page
      title={`Descriptor map of “${connection}”`}
      name="Descriptor map"
      width="wide"
      lead="The codes of your SIS, and what the API calls them. A record that needs a code without a pair waits, and is not sent."
      actions={
        <>
          <ConnectionSwitch place="descriptors" connection={connection} />
          <CopyLink connection={connection} />
        </>
      }
    >
      {paired.length > 0 && (
        <Paired connection={connection} pairs={paired} isQuiet={chosen.length > 0} onGone={() => setPaired([])} />
      )}
      <Refusal error={error} />
      {!isNothing && (
        <Filters
          show={show}
          counts={known?.counts}
          types={known?.types ?? []}
          type={type}
          text={text}
          onShow={(value) => change(() => setShow(value))}
          onType={(value) => change(() => setType(value))}
          onText={(value) => change(() => setText(value))}
        />
      )}
      {show !== 'paired' && (known?.counts.unpaired ?? 0) > 0 && (
        <Group className={css.bulk ?? ''} aria-label="Pair many at once">
          {chosen.length === 0 ? (
            <>
              <span className={css.aside}>Choose a code to pair it, or tick several.</span>
              <Button onPress={() => void askForSure()}>Confirm all very likely …</Button>
            </>
          ) : (
            <>
              <span>
                <strong>{plural(chosen.length, 'code')}</strong> chosen
                {suggested.length < chosen.length && `, ${number(suggested.length)} with a suggestion`}
              </span>
              <span className={css.bulkActs}>
                <Button onPress={() => setSelected(new Set())}>Choose none</Button>
                <Button
                  look="primary"
                  isDisabled={suggested.length === 0}
                  onPress={() =>
                    setAsked({ pairs: suggested.slice(0, MOST_PAIRS), without: chosen.length - suggested.length })
                  }
                >
                  {`Confirm ${plural(suggested.length, 'suggestion')} …`}
                </Button>
              </span>
            </>
          )}
        </Group>
      )}
      {pages.state === 'failed' ? (
        <Notice tone="bad" isAlert actions={<Button onPress={pages.again}>Try again</Button>}>
          <p>{pages.error?.message}</p>
        </Notice>
      ) : known === undefined ? (
        <Loading what="Loading the codes" />
      ) : (
        <DataTable
          label="Codes"
          rows={pages.rows}
          rowKey={keyOf}
          pages={pages}
          unit="code"
          columns={columns}
          onRow={setOpen}
          {...(show === 'paired' ? {} : { selected: new Set(selected), onSelect })}
          empty={<Nothing connection={connection} show={show} counts={known.counts} isFiltered={isFiltered} />}
        />
      )}
      {open !== undefined && (
        <PairDialog
          connection={connection}
          code={open}
          hasNext={next() !== undefined}
          onClose={() => setOpen(undefined)}
          onPaired={(pair, goesOn) => {
            const following = goesOn ? next() : undefined;
            done([pair]);
            setOpen(following);
          }}
        />
      )}
      {asked !== undefined && (
        <ConfirmPairs
          connection={connection}
          title={
            asked.pairs.length === 0
              ? 'No suggestion is very likely'
              : `Pair ${plural(asked.pairs.length, 'code')} as suggested?`
          }
          pairs={asked.pairs}
          note={
            asked.pairs.length === 0
              ? 'Choose the codes one by one, and look for what each stands for.'
              : asked.without > 0
                ? `${plural(asked.without, 'code')} of those you chose ${asked.without === 1 ? 'has' : 'have'} no suggestion, and ${asked.without === 1 ? 'stays' : 'stay'} as ${asked.without === 1 ? 'it is' : 'they are'}.`
                : undefined
          }
          onClose={() => setAsked(undefined)}
          onDone={done}
        />
      )}
    </Page>
  );
}

/** Of all that fit the filter, not only of those that were scrolled to. */
async function surePairs(filter: {
  readonly connection: string;
  readonly type?: string;
  readonly text?: string;
}): Promise<Pairing[]> {
  const pairs: Pairing[] = [];
  let after: string | undefined;
  do {
    const page = await ask('descriptors.codes', {
      ...filter,
      show: 'unpaired',
      limit: 500,
      ...(after === undefined ? {} : { after }),
    });
    pairs.push(...suggestedPairs(page.codes, (confidence) => confidence === 'high'));
    after = page.next ?? undefined;
  } while (after !== undefined && pairs.length < MOST_PAIRS);
  return pairs.slice(0, MOST_PAIRS);
}

/** Only where there is another connection to copy from. */
function CopyLink({ connection }: { readonly connection: string }) {
  const all = useQuery('connections.list', {});
  if (all.state !== 'ready' || all.data.length < 2) return null;
  return (
    <LinkButton href={hrefOf('descriptors', connection, 'copy')} icon="copy">
      Copy from another connection
    </LinkButton>
  );
}

const ORIGIN = { chosen: 'You', shipped: 'Rollbook' } as const;

function columnsOf(show: Show): DataColumn<DescriptorCodeView>[] {
  return [
    {
      id: 'code',
      title: 'Code in your SIS',
      width: '2fr',
      minWidth: 130,
      cell: ({ code }) => <strong>{code}</strong>,
      text: ({ code }) => code,
    },
    {
      id: 'type',
      title: 'Kind',
      width: '2fr',
      minWidth: 150,
      cell: ({ type }) => typeInWords(type),
      text: ({ type }) => type,
    },
    ...(show === 'paired'
      ? []
      : [
          {
            id: 'blocked',
            title: 'Records waiting',
            width: 150,
            isNumber: true,
            cell: ({ blocked }: DescriptorCodeView) => (blocked === 0 ? '–' : <strong>{number(blocked)}</strong>),
            text: ({ blocked }: DescriptorCodeView) => number(blocked),
          },
        ]),
    { id: 'records', title: 'Records with it', width: 140, isNumber: true, cell: ({ records }) => number(records) },
    {
      id: 'value',
      title: show === 'unpaired' ? 'Suggestion' : 'Stands for',
      width: '4fr',
      minWidth: 260,
      cell: ({ uri, suggestions: [first] }) =>
        uri !== null ? (
          <Value uri={uri} />
        ) : first === undefined ? (
          <span className={css.aside}>No suggestion</span>
        ) : show === 'unpaired' ? (
          <Value uri={first.uri} confidence={first.confidence} />
        ) : (
          <span className={css.aside}>Not paired; suggested: {valueName(first.uri)}</span>
        ),
      text: ({ uri, suggestions: [first] }) =>
        uri ?? (first === undefined ? 'No suggestion' : `${valueName(first.uri)}, ${namespaceOf(first.uri)}`),
    },
    ...(show === 'unpaired'
      ? []
      : [
          {
            id: 'origin',
            title: 'Paired by',
            width: 110,
            cell: ({ origin }: DescriptorCodeView) => (origin === null ? '' : ORIGIN[origin]),
          },
        ]),
  ];
}

function Nothing({
  connection,
  show,
  counts,
  isFiltered,
}: {
  readonly connection: string;
  readonly show: Show;
  readonly counts: Answer['counts'];
  readonly isFiltered: boolean;
}) {
  if (isFiltered) return <Empty title="No code fits">Take the kind or the text away to see more.</Empty>;
  if (counts.paired + counts.unpaired === 0) {
    return (
      <Empty
        icon="descriptors"
        title="No code has been met yet"
        actions={
          <LinkButton href={hrefOf('batches', connection)} look="primary">
            See what would be sent
          </LinkButton>
        }
      >
        The codes of your SIS show up here with the first batch.
      </Empty>
    );
  }
  if (show === 'unpaired') {
    return (
      <Empty icon="check" title="Every code has its pair">
        {`${plural(counts.paired, 'code')} of your SIS ${counts.paired === 1 ? 'stands' : 'stand'} for what the API calls ${counts.paired === 1 ? 'it' : 'them'}. A new one shows up here.`}
      </Empty>
    );
  }
  return (
    <Empty title="No code is paired yet">Pair those that wait first: each releases the records that have it.</Empty>
  );
}
