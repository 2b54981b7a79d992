/** The batches of a connection, the newest first: as a chart of the last ones, and as a list of all. */
import { useCallback } from 'react';
import type { BatchView } from '../../../core/contract/schemas.ts';
import { go, hrefOf } from '../../app/routes.ts';
import { ask } from '../../client/client.ts';
import { usePages } from '../../client/query.ts';
import { Button } from '../../components/Button.tsx';
import { BarChart } from '../../components/Chart.tsx';
import { type DataColumn, DataTable } from '../../components/DataTable.tsx';
import { Badge, Empty, Notice } from '../../components/Notice.tsx';
import { Card, Section } from '../../components/Page.tsx';
import { When } from '../../components/When.tsx';
import { absolute, duration, number, plural } from '../../text/format.ts';
import { batchName, stateOf, stoppedInWords } from './words.ts';

/** As many bars as can be told apart. */
const CHARTED = 20;

const changed = ({ account }: BatchView): number =>
  account === null ? 0 : account.created + account.updated + account.deleted;
const leftOut = ({ account }: BatchView): number =>
  account === null ? 0 : account.rejected + account.held + account.failed;
const orDash = (batch: BatchView, count: (batch: BatchView) => number): string =>
  batch.account === null ? '–' : number(count(batch));
const tookOf = ({ startedAt, endedAt, timings }: BatchView): string =>
  timings !== null ? duration(timings.totalMs / 1000) : endedAt === null ? '–' : duration((endedAt - startedAt) / 1000);

export function History({ connection, isRunning }: { readonly connection: string; readonly isRunning: boolean }) {
  const batches = usePages<BatchView>(
    'batches',
    useCallback(
      (after: string | undefined) =>
        ask('batches.list', { connection, ...(after === undefined ? {} : { after }) }).then((page) => ({
          rows: page.batches,
          next: page.next,
        })),
      [connection],
    ),
  );
  const newest = batches.rows[0]?.id;
  const wordOf = (batch: BatchView) => stateOf(batch, batch.id === newest, isRunning);
  const columns: readonly DataColumn<BatchView>[] = [
    {
      id: 'began',
      title: 'Began',
      minWidth: 130,
      cell: ({ startedAt }) => <When at={startedAt} isPlain />,
      text: ({ startedAt }) => absolute(startedAt),
    },
    {
      id: 'state',
      title: 'State',
      width: 215,
      cell: (batch) => {
        const { word, tone, icon } = wordOf(batch);
        return (
          <Badge tone={tone} icon={icon}>
            {word}
          </Badge>
        );
      },
      text: (batch) => wordOf(batch).word,
    },
    { id: 'took', title: 'Took', width: 110, isNumber: true, cell: tookOf },
    {
      id: 'read',
      title: 'Read',
      width: 100,
      isNumber: true,
      cell: (batch) => orDash(batch, ({ account }) => account?.read ?? 0),
    },
    { id: 'changed', title: 'Changed', width: 100, isNumber: true, cell: (batch) => orDash(batch, changed) },
    { id: 'left', title: 'Left out', width: 100, isNumber: true, cell: (batch) => orDash(batch, leftOut) },
    {
      id: 'why',
      title: 'Ended by',
      minWidth: 130,
      cell: ({ stoppedBy }) => (stoppedBy === null ? '' : stoppedInWords(stoppedBy)),
    },
  ];
  const charted = batches.rows
    .filter(({ account, state }) => account !== null && state !== 'waiting')
    .slice(0, CHARTED)
    .reverse();
  return (
    <Section title="History">
      {batches.error !== undefined && (
        <Notice tone="bad" isAlert actions={<Button onPress={batches.again}>Try again</Button>}>
          <p>{batches.error.message}</p>
        </Notice>
      )}
      {charted.length > 1 && (
        <Card>
          <BarChart
            title={`The last ${plural(charted.length, 'batch', 'batches')}`}
            of="Batch"
            series={['Changed', 'Held', 'Rejected or failed']}
            points={charted.map((batch) => ({
              label: labelOf(batch, charted),
              name: batchName(batch),
              values: [
                changed(batch),
                batch.account?.held ?? 0,
                (batch.account?.rejected ?? 0) + (batch.account?.failed ?? 0),
              ],
            }))}
            summary={summaryOf(charted)}
          />
        </Card>
      )}
      <DataTable
        label="Batches"
        columns={columns}
        rows={batches.rows}
        rowKey={({ id }) => String(id)}
        pages={batches}
        onRow={({ id }) => go(hrefOf('batches', connection, String(id)))}
        height={440}
        empty={
          batches.error === undefined ? (
            <Empty icon="batches" title="No batch yet">
              Each batch is listed here with its account: what was read, sent, and left out.
            </Empty>
          ) : null
        }
      />
    </Section>
  );
}

const timeFormat = new Intl.DateTimeFormat('en-US', { hour: 'numeric', minute: '2-digit' });
const dayFormat = new Intl.DateTimeFormat('en-US', { month: 'short', day: 'numeric' });

/** The time where all are of one day, else the day. */
function labelOf({ startedAt }: BatchView, all: readonly BatchView[]): string {
  const days = new Set(all.map((one) => dayFormat.format(one.startedAt)));
  return (days.size === 1 ? timeFormat : dayFormat).format(startedAt);
}

function summaryOf(batches: readonly BatchView[]): string {
  const all = batches.reduce((sum, batch) => sum + changed(batch), 0);
  const last = batches.at(-1);
  const now =
    last === undefined ? '' : ` The last one changed ${number(changed(last))} and left out ${number(leftOut(last))}.`;
  return `${plural(batches.length, 'batch', 'batches')} changed ${plural(all, 'record')}.${now}`;
}
