/** Problems: what keeps records out of the API, by cause; a cause from near; a record whole. */
import { useCallback, useState } from 'react';
import { Tab, TabList, TabPanel, Tabs } from 'react-aria-components';
import type { BatchView, CommandOutput, ProblemPage } from '../../../core/contract/schemas.ts';
import { go, hrefOf } from '../../app/routes.ts';
import type { ScreenProps } from '../../app/screens.tsx';
import { ask } from '../../client/client.ts';
import { usePages, useQuery } from '../../client/query.ts';
import { Button, LinkButton } from '../../components/Button.tsx';
import { BarChart } from '../../components/Chart.tsx';
import { ConfirmDialog, Dialog } from '../../components/Dialog.tsx';
import { Figures } from '../../components/Facts.tsx';
import { ConnectionSwitch, ForConnection } from '../../components/ForConnection.tsx';
import { Empty, Loaded, Loading, Notice } from '../../components/Notice.tsx';
import { Card, Page } from '../../components/Page.tsx';
import { undoClear } from '../../state/clear.ts';
import { toast } from '../../state/toasts.ts';
import { number, plural } from '../../text/format.ts';
import { Cause } from './Cause.tsx';
import { CauseList } from './CauseList.tsx';
import { chartBatches, summaryOf } from './chart.ts';
import { useFixList } from './FixList.tsx';
import css from './Problems.module.css';
import { Record } from './Record.tsx';
import { RetryOutcome, useRetry } from './retry.tsx';
import { blockedBy } from './words.ts';

export type Show = 'open' | 'hidden' | 'resolved';
const SHOWS: readonly Show[] = ['open', 'hidden', 'resolved'];
const isShow = (word: string | null): word is Show => (SHOWS as readonly (string | null)[]).includes(word);

export function Problems({ path, query }: ScreenProps) {
  const [, group, record] = path;
  const asked = query.get('show');
  const show = isShow(asked) ? asked : 'open';
  return (
    <ForConnection
      place="problems"
      path={path}
      title="Problems"
      question="Which connection’s problems do you want to see?"
    >
      {(connection) => {
        if (group === undefined) return <List connection={connection} show={show} />;
        if (record === undefined) return <Cause connection={connection} group={group} from={show} />;
        return <Record connection={connection} group={group} id={Number(record)} from={show} />;
      }}
    </ForConnection>
  );
}

const ONE = 1;

function List({ connection, show: begun }: { readonly connection: string; readonly show: Show }) {
  const [show, setShow] = useState<Show>(begun);
  const counts = useQuery('problems.list', { connection, limit: ONE });
  const batches = useQuery('batches.list', { connection, limit: BATCHES });
  const retry = useRetry(connection);
  const page = counts.state === 'ready' ? counts.data : undefined;
  const fixList = useFixList(connection, page?.open.records ?? 0);
  const [isAsking, setAsking] = useState(false);
  const hasAny = page !== undefined && page.open.causes > 0;
  return (
    <Page
      title="Problems"
      lead="By cause: the one whose end releases most comes first."
      actions={
        <>
          <ConnectionSwitch place="problems" connection={connection} />
          {hasAny && (
            <>
              <Button icon="file" onPress={fixList.open} isBusy={fixList.isBusy}>
                Fix list …
              </Button>
              <Button icon="refresh" onPress={() => setAsking(true)} isBusy={retry.isBusy}>
                Send everything again …
              </Button>
            </>
          )}
        </>
      }
    >
      <RetryOutcome retry={retry} connection={connection} />
      {fixList.shown}
      <Loaded query={counts} what="Loading problems">
        {(loaded) =>
          // Together: what comes later would move what is about to be pressed.
          batches.state === 'loading' ? (
            <Loading what="Loading problems" />
          ) : (
            <>
              <Summary page={loaded} batches={batches.state === 'ready' ? batches.data.batches : []} />
              <Lists connection={connection} page={loaded} show={show} onShow={setShow} />
              {isAsking && (
                <SendAll
                  page={loaded}
                  onClose={() => setAsking(false)}
                  onSend={() => {
                    setAsking(false);
                    void retry.run({ kind: 'failed' });
                  }}
                />
              )}
            </>
          )
        }
      </Loaded>
    </Page>
  );
}

const BATCHES = 30;
type Ended = BatchView & { readonly account: NonNullable<BatchView['account']> };
const hasEnded = (batch: BatchView): batch is Ended =>
  (batch.state === 'done' || batch.state === 'stopped') && batch.account !== null;

function Summary({ page, batches }: { readonly page: ProblemPage; readonly batches: readonly BatchView[] }) {
  const { open } = page;
  const ended = batches.filter(hasEnded).reverse();
  const [first] = page.groups;
  if (ended.length === 0 && open.causes === 0) return null;
  return (
    <Card className={css.summary ?? ''}>
      <div className={css.standing}>
        <Figures
          figures={[
            { label: open.causes === 1 ? 'open cause' : 'open causes', value: open.causes, tone: 'wait' },
            { label: 'records with a problem', value: open.records, tone: 'bad' },
            { label: 'records that wait for them', value: open.held, tone: 'wait' },
          ]}
        />
        {first !== undefined && open.causes > 1 && (
          <p className={css.quiet}>
            The first cause alone keeps back {plural(blockedBy(first), 'record')} of {number(open.records + open.held)}.
          </p>
        )}
      </div>
      {ended.length > 0 && (
        <BarChart
          title="Not in the API after each batch"
          of="Batch"
          series={['Waiting', 'Rejected here', 'Refused']}
          points={chartBatches(
            ended.map(({ endedAt, startedAt, account }) => ({
              at: endedAt ?? startedAt,
              values: [account.held, account.rejected, account.failed],
            })),
          )}
          summary={summaryOf(ended.map(({ account }) => account.held + account.rejected + account.failed))}
        />
      )}
    </Card>
  );
}

const TITLES: Readonly<{ [S in Show]: string }> = { open: 'Open', hidden: 'Hidden', resolved: 'Resolved' };

function Lists({
  connection,
  page,
  show,
  onShow,
}: {
  readonly connection: string;
  readonly page: ProblemPage;
  readonly show: Show;
  readonly onShow: (show: Show) => void;
}) {
  const counts: Readonly<{ [S in Show]: number }> = {
    open: page.open.causes,
    hidden: page.hidden,
    resolved: page.resolved,
  };
  return (
    <Tabs
      selectedKey={show}
      onSelectionChange={(key) => onShow(key as Show)}
      className={css.tabs ?? ''}
      keyboardActivation="manual"
    >
      <TabList aria-label="Causes" className={css.tabList ?? ''}>
        {SHOWS.map((one) => (
          <Tab key={one} id={one} className={css.tab ?? ''}>
            {TITLES[one]} <span className={css.count}>{number(counts[one])}</span>
          </Tab>
        ))}
      </TabList>
      {SHOWS.map((one) => (
        <TabPanel key={one} id={one} className={css.panel ?? ''}>
          {one === 'hidden' && counts.hidden > 0 && (
            <p className={css.quiet}>
              Ignored, or marked as fixed and not looked at again yet. Their records are still not in the API.
            </p>
          )}
          {one === 'resolved' && counts.resolved > 0 && <Clear connection={connection} count={counts.resolved} />}
          <Causes connection={connection} show={one} />
        </TabPanel>
      ))}
    </Tabs>
  );
}

function Causes({ connection, show }: { readonly connection: string; readonly show: Show }) {
  const pages = usePages(
    'problems',
    useCallback(
      async (after: string | undefined) => {
        const { groups, next } = await ask('problems.list', {
          connection,
          show,
          ...(after === undefined ? {} : { after }),
        });
        return { rows: groups, next };
      },
      [connection, show],
    ),
  );
  if (pages.error !== undefined) {
    return (
      <Notice tone="bad" isAlert actions={<Button onPress={pages.again}>Try again</Button>}>
        <p>{pages.error.message}</p>
      </Notice>
    );
  }
  if (pages.rows.length === 0)
    return pages.state === 'loading' ? (
      <Loading what="Loading causes" />
    ) : (
      <Nothing connection={connection} show={show} />
    );
  return (
    <CauseList
      label={`${TITLES[show]} causes`}
      pages={pages}
      onOpen={(group) => go(`${hrefOf('problems', connection, group)}?show=${show}`)}
    />
  );
}

function Nothing({ connection, show }: { readonly connection: string; readonly show: Show }) {
  const connections = useQuery('connections.list', {});
  const wasSent =
    connections.state === 'ready' && connections.data.find(({ name }) => name === connection)?.lastBatch != null;
  switch (show) {
    case 'open':
      return wasSent ? (
        <Empty icon="check" title="No problems">
          Everything of the last batch is in the API, or nothing of it is left for you to look at.
        </Empty>
      ) : (
        <Empty
          icon="problems"
          title="Nothing was sent yet"
          actions={<LinkButton href={hrefOf('batches', connection)}>To the batches</LinkButton>}
        >
          What is found wrong, and what the API refuses, is shown here after the first batch.
        </Empty>
      );
    case 'hidden':
      return (
        <Empty icon="minus" title="Nothing is hidden">
          A cause that you ignore, or mark as fixed, waits here until you put it back or the next batch looks at it.
        </Empty>
      );
    case 'resolved':
      return (
        <Empty icon="check" title="Nothing is over">
          Causes of which nothing is left stay here until you clear them.
        </Empty>
      );
  }
}

function Clear({ connection, count }: { readonly connection: string; readonly count: number }) {
  const [isAsking, setAsking] = useState(false);
  const settings = useQuery('settings.show', {});
  return (
    <div className={css.clear}>
      <p className={css.quiet}>Nothing is left of these. One that comes back is shown again, with its past.</p>
      <Button onPress={() => setAsking(true)}>Clear what is over …</Button>
      <ConfirmDialog
        title={`Clear ${plural(count, 'cause')}?`}
        isOpen={isAsking}
        onClose={() => setAsking(false)}
        act={count === 1 ? 'Clear it' : `Clear all ${number(count)}`}
        command="problems.clear"
        input={{ connection }}
        onDone={({ causes, at }: CommandOutput<'problems.clear'>) =>
          toast(`${plural(causes, 'cause')} cleared.`, undoClear(connection, at))
        }
      >
        <p>
          {count === 1 ? 'It leaves this list' : 'They leave this list'}, which you can take back right after. Nothing
          changes at the API, and what is open or hidden stays.
        </p>
        <p>
          Their entries stay in the ledger
          {settings.state === 'ready'
            ? ` for ${plural(settings.data.problemDays, 'day')}`
            : ' for as long as Settings say'}
          : a cause that comes back is known again.
        </p>
      </ConfirmDialog>
    </div>
  );
}

function SendAll({
  page,
  onClose,
  onSend,
}: {
  readonly page: ProblemPage;
  readonly onClose: () => void;
  readonly onSend: () => void;
}) {
  const { open, hidden } = page;
  const all = open.records + open.held;
  return (
    <Dialog
      title="Send everything again?"
      isOpen
      onClose={onClose}
      actions={
        <>
          <Button autoFocus onPress={onClose}>
            Cancel
          </Button>
          <Button look="primary" onPress={onSend}>
            Send {plural(all, 'record')} again
          </Button>
        </>
      }
    >
      <p>
        {plural(open.records, 'record')} with a problem and {plural(open.held, 'record')} that{' '}
        {open.held === 1 ? 'waits' : 'wait'} for them are made again from the last export that was sent, checked, and
        sent where nothing is wrong any more.
      </p>
      {hidden > 0 && <p>The records of {plural(hidden, 'hidden cause')} go too.</p>}
      <p>What is in the API already is left alone. As long as a cause is there, its records come back here.</p>
    </Dialog>
  );
}
