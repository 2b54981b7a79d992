/** One cause: what to do about it, what it keeps back, how it went over the batches, and its records. */
import { type ReactNode, useCallback, useMemo } from 'react';
import type { CommandOutput, ProblemGroupView, ProblemRecordView } from '../../../core/contract/schemas.ts';
import { go, hrefOf } from '../../app/routes.ts';
import { ask } from '../../client/client.ts';
import { useAct, usePages, useQuery } from '../../client/query.ts';
import { Button } from '../../components/Button.tsx';
import { BarChart } from '../../components/Chart.tsx';
import { type DataColumn, DataTable } from '../../components/DataTable.tsx';
import { Facts } from '../../components/Facts.tsx';
import { Empty, Loaded, Refusal } from '../../components/Notice.tsx';
import { Card, Page, Section } from '../../components/Page.tsx';
import { When } from '../../components/When.tsx';
import { undoClear } from '../../state/clear.ts';
import { toast } from '../../state/toasts.ts';
import { number, plural } from '../../text/format.ts';
import { inWords, plainly } from '../../text/names.ts';
import { StateBadge } from './CauseList.tsx';
import { chartBatches, summaryOf } from './chart.ts';
import { useFixList } from './FixList.tsx';
import { Pairing } from './Pairing.tsx';
import css from './Problems.module.css';
import { type Retry, RetryOutcome, useRetry } from './retry.tsx';
import { blockedBy, blocks, headline, kindOf, placeOf, recordState, STATES, waiting, whoCan } from './words.ts';

type Whole = CommandOutput<'problems.group'>;

export interface CauseProps {
  readonly connection: string;
  /** Its reference. */
  readonly group: string;
  /** The list it was opened from. */
  readonly from: string;
}

export function Cause({ connection, group: reference, from }: CauseProps) {
  const query = useQuery('problems.group', { connection, group: reference });
  const retry = useRetry(connection);
  const records = query.state === 'ready' ? query.data.group.records : 0;
  const fixList = useFixList(connection, records, reference);
  return (
    <Page
      title={query.state === 'ready' ? headline(query.data.group) : 'A cause'}
      name="A cause of problems"
      back={{ href: `${hrefOf('problems', connection)}?show=${from}`, label: `Problems of ${connection}` }}
      {...(query.state === 'ready' ? { lead: plainly(query.data.group.what) } : {})}
    >
      <Loaded query={query} what="Loading the cause">
        {(whole) => (
          <>
            <Standing group={whole.group} />
            <RetryOutcome retry={retry} connection={connection} />
            {fixList.shown}
            <div className={css.two}>
              <div className={css.stack}>
                <ToDo whole={whole} connection={connection} retry={retry} />
                <Blocks whole={whole} />
              </div>
              <Decide
                group={whole.group}
                connection={connection}
                retry={retry}
                fixList={
                  <Button icon="file" onPress={fixList.open} isBusy={fixList.isBusy} isDisabled={records === 0}>
                    Fix list …
                  </Button>
                }
              />
            </div>
            <Records whole={whole} connection={connection} from={from} />
            <Over whole={whole} />
          </>
        )}
      </Loaded>
    </Page>
  );
}

function Standing({ group }: { readonly group: ProblemGroupView }) {
  return (
    <p className={css.standingLine}>
      <StateBadge state={group.state} />
      <span>{STATES[group.state].means}</span>
      <span className={css.dotted}>
        First seen <When at={group.firstSeen} />
      </span>
      <span className={css.dotted}>
        last <When at={group.lastSeen} />
      </span>
      <span className={css.dotted}>
        <code>{group.group}</code> to support
      </span>
    </p>
  );
}

function ToDo({
  whole: { group },
  connection,
  retry,
}: {
  readonly whole: Whole;
  readonly connection: string;
  readonly retry: Retry;
}) {
  const isOver = group.state === 'resolved';
  return (
    <Card>
      <Section title="What to do">
        {isOver && <p>Nothing: no record is kept back by it any more.</p>}
        {!isOver && (
          <p className={css.fix}>
            <strong className={css.who}>{whoCan(group.who)}:</strong> {plainly(group.fix)}
          </p>
        )}
        {group.code === 'descriptor-unmapped' && <Pairing group={group} connection={connection} retry={retry} />}
        <Facts
          facts={{
            Where: placeOf(group) === undefined ? undefined : `First at ${placeOf(group)}`,
            Resource: inWords(group.resource),
            Member:
              group.path === null || group.path === '$' ? undefined : <code>{group.path.replace(/^\$\./, '')}</code>,
            'The API answered': group.status === null ? undefined : `Status ${group.status}`,
          }}
        />
      </Section>
    </Card>
  );
}

/** What it keeps back, by resource. */
function Blocks({ whole: { group, resources } }: { readonly whole: Whole }) {
  const most = Math.max(1, ...resources.map(({ records, held }) => records + held));
  return (
    <Card>
      <Section title="What it blocks">
        <p>{blocks(group)}.</p>
        {resources.length > 0 && (
          <table className={css.blocks}>
            <thead>
              <tr>
                <th scope="col">Resource</th>
                <th scope="col">
                  <span className="visually-hidden">Share</span>
                </th>
                <th scope="col">With the problem</th>
                <th scope="col">Waiting</th>
              </tr>
            </thead>
            <tbody>
              {resources.map(({ resource, records, held }) => (
                <tr key={resource}>
                  <th scope="row">{inWords(resource)}</th>
                  <td className={css.share}>
                    <svg viewBox="0 0 100 6" preserveAspectRatio="none" aria-hidden="true">
                      <rect className={css.bar} width={((records + held) / most) * 100} height="6" />
                    </svg>
                  </td>
                  <td>{records === 0 ? '–' : number(records)}</td>
                  <td>{held === 0 ? '–' : number(held)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        )}
      </Section>
    </Card>
  );
}

/** An act, and what it will do. */
const Decision = ({ button, children }: { readonly button: ReactNode; readonly children: ReactNode }) => (
  <li>
    {button}
    <p className={css.quiet}>{children}</p>
  </li>
);

interface DecideProps {
  readonly group: ProblemGroupView;
  readonly connection: string;
  readonly retry: Retry;
  readonly fixList: ReactNode;
}

function Decide({ group, connection, retry, fixList }: DecideProps) {
  const { group: reference, state, records, held } = group;
  const ignore = useAct('problems.ignore');
  const fixed = useAct('problems.fixed');
  const clear = useAct('problems.clear');
  const setIgnored = async (on: boolean): Promise<void> => {
    if ((await ignore.run({ connection, group: reference, ignore: on })) === undefined) return;
    // The way back is on the page: where this was pressed.
    toast(on ? 'The cause is ignored.' : 'The cause is back on the list.');
  };
  const setFixed = async (on: boolean): Promise<void> => {
    if ((await fixed.run({ connection, group: reference, fixed: on })) === undefined) return;
    toast(on ? 'Marked as fixed. The next batch shows whether it is.' : 'The cause is open again.');
  };
  const clearIt = async (): Promise<void> => {
    const cleared = await clear.run({ connection, group: reference });
    if (cleared === undefined) return;
    toast('The cause was cleared.', undoClear(connection, cleared.at, reference));
    go(`${hrefOf('problems', connection)}?show=resolved`);
  };
  const all = blockedBy(group);
  if (state === 'resolved') {
    return (
      <Card>
        <Section title="What can be done">
          <ul className={css.decisions}>
            <Decision
              button={
                <Button onPress={() => void clearIt()} isBusy={clear.isBusy}>
                  Clear it
                </Button>
              }
            >
              It leaves the list. If it comes back, it is shown again.
            </Decision>
          </ul>
          <Refusal error={clear.error} />
        </Section>
      </Card>
    );
  }
  return (
    <Card>
      <Section title="What can be done">
        <ul className={css.decisions}>
          <Decision
            button={
              <Button
                icon="refresh"
                onPress={() => void retry.run({ kind: 'group', group: reference })}
                isBusy={retry.isBusy}
              >
                Send {plural(all, 'record')} again
              </Button>
            }
          >
            Now, from the last export that was sent: {number(records)} with the problem{waiting(records, held)}.
            {!group.retryHelps && ' As long as it is not put right, they come back.'}
          </Decision>
          {state === 'fixed' ? (
            <Decision
              button={
                <Button onPress={() => void setFixed(false)} isBusy={fixed.isBusy}>
                  Not fixed after all
                </Button>
              }
            >
              It goes back to the open causes.
            </Decision>
          ) : (
            <Decision
              button={
                <Button icon="check" onPress={() => void setFixed(true)} isBusy={fixed.isBusy}>
                  Mark as fixed
                </Button>
              }
            >
              For what was put right. Its {plural(records, 'record')} {records === 1 ? 'goes' : 'go'} again with the
              next batch, which shows whether it is gone.
            </Decision>
          )}
          {state === 'ignored' ? (
            <Decision
              button={
                <Button onPress={() => void setIgnored(false)} isBusy={ignore.isBusy}>
                  Put back
                </Button>
              }
            >
              It is shown among the open causes again.
            </Decision>
          ) : (
            <Decision
              button={
                <Button icon="minus" onPress={() => void setIgnored(true)} isBusy={ignore.isBusy}>
                  Ignore
                </Button>
              }
            >
              It leaves the list; {plural(all, 'record')} {all === 1 ? 'stays' : 'stay'} out of the API. You can put it
              back at any time.
            </Decision>
          )}
          <Decision button={fixList}>
            {plural(records, 'record')} to correct in the SIS, as Excel or CSV, one for each school if you like. It
            holds personal data.
          </Decision>
        </ul>
        <Refusal error={ignore.error ?? fixed.error} />
      </Section>
    </Card>
  );
}

/** Over the batches. */
function Over({ whole: { trend } }: { readonly whole: Whole }) {
  if (trend.length === 0) return null;
  return (
    <Card>
      <Section title="Over time">
        <BarChart
          title="After each batch"
          of="Batch"
          series={['Waiting', 'With the problem']}
          points={chartBatches(trend.map(({ at, records, held }) => ({ at, values: [held, records] })))}
          summary={summaryOf(trend.map(({ records, held }) => records + held))}
        />
      </Section>
    </Card>
  );
}

function Records({
  whole: { group },
  connection,
  from,
}: {
  readonly whole: Whole;
  readonly connection: string;
  readonly from: string;
}) {
  const { group: reference } = group;
  const pages = usePages(
    'problems',
    useCallback(
      async (after: string | undefined) => {
        const { records, next } = await ask('problems.records', {
          connection,
          group: reference,
          ...(after === undefined ? {} : { after }),
        });
        return { rows: records, next };
      },
      [connection, reference],
    ),
  );
  if (blockedBy(group) === 0) return null;
  return (
    <Section
      title="Its records"
      note="Those with the problem come first, then those that wait. Open one to see what is in it."
    >
      <Refusal error={pages.error} />
      <RecordTable
        rows={pages.rows}
        pages={pages}
        total={blockedBy(group)}
        onOpen={({ id }) => go(`${hrefOf('problems', connection, reference, String(id))}?show=${from}`)}
      />
    </Section>
  );
}

export interface RecordTableProps {
  readonly rows: readonly ProblemRecordView[];
  readonly pages: Pick<ReturnType<typeof usePages<ProblemRecordView>>, 'more' | 'hasMore' | 'state'>;
  readonly total: number;
  readonly onOpen: (record: ProblemRecordView) => void;
  /** In half a screen. */
  readonly isNarrow?: boolean;
}

const keyOf = ({ id }: ProblemRecordView): string => String(id);

/** Records among the problems: where they are and how they stand, nothing of what is in them. */
export function RecordTable({ rows, pages, total, onOpen, isNarrow = false }: RecordTableProps) {
  // The same ones each time: with others, every row that was read would be made again with each page.
  const columns = useMemo<readonly DataColumn<ProblemRecordView>[]>(
    () => [
      {
        id: 'file',
        title: 'File',
        width: '1fr',
        minWidth: isNarrow ? 110 : 130,
        cell: ({ file }) => file ?? 'Not in the export',
      },
      { id: 'row', title: 'Row', width: 80, isNumber: true, cell: ({ row }) => (row === null ? '' : number(row)) },
      { id: 'resource', title: 'Resource', width: '2fr', minWidth: 190, cell: ({ resource }) => inWords(resource) },
      ...(isNarrow
        ? []
        : [{ id: 'kind', title: 'Change', width: 110, cell: ({ kind }: ProblemRecordView) => kindOf(kind) }]),
      {
        id: 'state',
        title: 'State',
        width: isNarrow ? '1fr' : '2fr',
        minWidth: 110,
        cell: (record) => recordState(record),
      },
    ],
    [isNarrow],
  );
  return (
    <DataTable
      label="Records"
      unit="record"
      rows={rows}
      rowKey={keyOf}
      pages={pages}
      total={total}
      onRow={onOpen}
      empty={<Empty title="No records">They are all in the API, or no longer among the problems.</Empty>}
      columns={columns}
    />
  );
}
