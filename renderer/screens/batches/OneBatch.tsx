/** One batch of the history: its account, in all and by resource, what it took, and why it waited or ended early. */
import type { BatchDetailView, PlanView } from '../../../core/contract/schemas.ts';
import { hrefOf } from '../../app/routes.ts';
import { useQuery } from '../../client/query.ts';
import { LinkButton } from '../../components/Button.tsx';
import { Badge, Loaded } from '../../components/Notice.tsx';
import { Card, Page, Section } from '../../components/Page.tsx';
import { absolute } from '../../text/format.ts';
import { Guard } from './Approve.tsx';
import css from './Batches.module.css';
import { PlanTable } from './PlanPreview.tsx';
import { Report } from './Report.tsx';
import { stateOf } from './words.ts';

export function OneBatch({
  connection,
  id,
  isRunning,
}: {
  readonly connection: string;
  readonly id: number;
  readonly isRunning: boolean;
}) {
  const found = useQuery('batches.show', { connection, id });
  const newest = useQuery('batches.list', { connection, limit: 1 });
  const isNewest = newest.state === 'ready' && newest.data.batches[0]?.id === id;
  const batch = found.state === 'ready' ? found.data : undefined;
  const back = { href: hrefOf('batches', connection), label: `Batches of “${connection}”` };
  const state = batch === undefined ? undefined : stateOf(batch, isNewest, isRunning);
  return (
    <Page
      title={batch === undefined ? 'A batch' : absolute(batch.startedAt)}
      name="A batch"
      back={back}
      lead={
        state !== undefined && (
          <span className={css.lead}>
            <Badge tone={state.tone} icon={state.icon}>
              {state.word}
            </Badge>
            Batch {id} of “{connection}”
          </span>
        )
      }
    >
      <Loaded query={found} what="Loading the batch">
        {(told) => (
          <>
            {told.plan !== null && <Waited connection={connection} told={told} plan={told.plan} href={back.href} />}
            <Card>
              <div className={css.report}>
                {told.plan === null && told.guard.length > 0 && (
                  <Guard sentences={told.guard} title="Why it had to be approved" />
                )}
                <Report told={told} />
              </div>
            </Card>
          </>
        )}
      </Loaded>
    </Page>
  );
}

interface WaitedProps {
  readonly connection: string;
  readonly told: BatchDetailView;
  readonly plan: PlanView;
  /** Where it is decided. */
  readonly href: string;
}

/** What a batch waits with, or waited. */
function Waited({ connection, told, plan, href }: WaitedProps) {
  const title = told.waiting === null ? 'What it would have sent' : 'What it would send';
  return (
    <Card>
      <Section
        title={title}
        note={
          told.waiting !== null
            ? 'Nothing of it was sent: it waits for you.'
            : told.approved
              ? 'It was approved: the batch after it has sent it.'
              : 'It was not approved as it was: the batches after it have looked anew.'
        }
        actions={told.waiting === null ? undefined : <LinkButton href={href}>Look at it, and decide</LinkButton>}
      >
        <Guard sentences={plan.guard} />
        <PlanTable label={`${title}, by resource`} connection={connection} plan={plan} />
      </Section>
    </Card>
  );
}
