/** Batches of a connection: begin one, look at its plan, follow it, read its account, and all that have been. */
import type { BatchView } from '../../../core/contract/schemas.ts';
import type { ScreenProps } from '../../app/screens.tsx';
import { useQuery } from '../../client/query.ts';
import { Button } from '../../components/Button.tsx';
import { ConnectionSwitch, ForConnection } from '../../components/ForConnection.tsx';
import { Loaded, Loading, Notice, Refusal } from '../../components/Notice.tsx';
import { Card, Page, Section } from '../../components/Page.tsx';
import { type Ending, putAside, runBatch, useBatch } from '../../state/batch.ts';
import { useLive } from '../../state/live.ts';
import css from './Batches.module.css';
import { History } from './History.tsx';
import { OneBatch } from './OneBatch.tsx';
import { PlanPreview } from './PlanPreview.tsx';
import { Causes, Report } from './Report.tsx';
import { Start } from './Start.tsx';
import { Pace, UnderWay } from './UnderWay.tsx';
import { changedInWords } from './words.ts';

export function Batches({ path }: ScreenProps) {
  return (
    <ForConnection
      place="batches"
      path={path}
      title="Batches"
      question="Which connection’s batches do you want to see?"
    >
      {(connection) => <OfConnection connection={connection} id={path[1]} />}
    </ForConnection>
  );
}

/** A batch of it runs, or this page asked for one that has not begun yet. */
const useIsRunning = (connection: string): boolean => {
  const active = useLive(({ batch }) => batch?.connection === connection && batch.kind !== 'read-back');
  const asked = useBatch((state) => state.asked?.connection === connection);
  return active || asked;
};

function OfConnection({ connection, id }: { readonly connection: string; readonly id: string | undefined }) {
  const isRunning = useIsRunning(connection);
  if (id !== undefined) return <OneBatch connection={connection} id={Number(id)} isRunning={isRunning} />;
  return (
    <Page
      title="Batches"
      lead={<>A batch makes the API of “{connection}” say what the export says.</>}
      actions={<ConnectionSwitch place="batches" connection={connection} />}
    >
      <Now connection={connection} isRunning={isRunning} />
      <History connection={connection} isRunning={isRunning} />
    </Page>
  );
}

/** The one thing that there is to do or to see now. */
function Now({ connection, isRunning }: { readonly connection: string; readonly isRunning: boolean }) {
  const newest = useQuery('batches.list', { connection, limit: 1 });
  const plan = useBatch((state) => state.plans[connection]);
  const ending = useBatch((state) => state.endings[connection]);
  const asked = useBatch((state) => state.last[connection]);
  const asides = useBatch((state) => state.asides);
  const other = useLive(({ batch }) =>
    batch === undefined || (batch.connection === connection && batch.kind !== 'read-back') ? undefined : batch,
  );
  if (isRunning) return <UnderWay connection={connection} />;
  if (other !== undefined) {
    return (
      <Notice
        tone="info"
        title={
          other.kind === 'read-back'
            ? `The API of “${other.connection}” is being read`
            : `A batch of “${other.connection}” is under way`
        }
      >
        <p>
          {other.kind === 'read-back'
            ? 'Nothing is sent meanwhile. You can begin a batch here when that has ended.'
            : 'One batch runs at a time. You can begin one here when it has ended.'}
        </p>
      </Notice>
    );
  }
  if (ending?.state === 'planned') {
    // The plan comes by another way than the answer, and may be a moment behind it.
    return plan === undefined ? (
      <Loading what="Loading the plan" />
    ) : (
      <PlanPreview connection={connection} plan={plan} ending={ending} asked={asked} />
    );
  }
  return (
    <Loaded query={newest} what="Loading batches">
      {({ batches: [batch] }) =>
        batch?.state === 'waiting' && !asides.includes(batch.id) ? (
          <Waits connection={connection} id={batch.id} ending={ending} />
        ) : (
          <>
            {ending?.state === 'failed' &&
              (ending.error === undefined ? (
                <Notice tone="bad" title="The batch could not be run">
                  <p>Look first: it says what is in the way.</p>
                </Notice>
              ) : ending.error.code === 'cancelled' ? (
                <Notice tone="info">
                  <p>{ending.error.message}</p>
                </Notice>
              ) : (
                <Refusal error={ending.error} />
              ))}
            {(ending?.state === 'done' || ending?.state === 'stopped') && batch !== undefined ? (
              <Ended connection={connection} batch={batch} isDone={ending.state === 'done'} />
            ) : (
              <Start connection={connection} newest={batch} />
            )}
          </>
        )
      }
    </Loaded>
  );
}

/** What the ledger keeps of the batch that waits: it is there after the window, or the computer, was off. */
function Waits({
  connection,
  id,
  ending,
}: {
  readonly connection: string;
  readonly id: number;
  readonly ending: Ending | undefined;
}) {
  const found = useQuery('batches.show', { connection, id });
  return (
    <Loaded query={found} what="Loading the plan that waits">
      {({ plan, waiting, startedAt }) =>
        plan === null || waiting === null ? null : (
          <PlanPreview
            connection={connection}
            plan={{ view: plan, at: startedAt }}
            ending={{ state: 'waiting', isOutgrown: ending?.isOutgrown ?? false }}
            asked={{ connection, source: waiting.source ?? undefined, isPlan: false, retry: waiting.retry }}
            waiting={{ id, ...waiting }}
          />
        )
      }
    </Loaded>
  );
}

interface EndedProps {
  readonly connection: string;
  readonly batch: BatchView;
  readonly isDone: boolean;
}

function Ended({ connection, batch, isDone }: EndedProps) {
  const asked = useBatch((state) => state.last[connection]);
  const detail = useQuery('batches.show', { connection, id: batch.id });
  const changed = batch.account === null ? '' : changedInWords(batch.account);
  return (
    <Card>
      <Section
        title={isDone ? 'The batch is done' : 'The batch has ended early'}
        note={changed === '' ? 'Nothing was changed at the API.' : `${changed} at the API.`}
        actions={
          <div className={css.buttons}>
            {!isDone && (
              <Button
                look="primary"
                onPress={() =>
                  void runBatch({ connection, source: asked?.source, isPlan: false, retry: asked?.retry ?? false })
                }
              >
                Go on
              </Button>
            )}
            <Button look={isDone ? 'primary' : 'secondary'} onPress={() => putAside(connection)}>
              Next batch
            </Button>
          </div>
        }
      >
        <div className={css.report}>
          <Loaded query={detail} what="Loading the account">
            {(told) => (
              <Report told={told}>
                <Causes connection={connection} />
              </Report>
            )}
          </Loaded>
          <Pace />
        </div>
      </Section>
    </Card>
  );
}
