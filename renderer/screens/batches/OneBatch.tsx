/** One batch of the history: its account, in all and by resource, and what it took. */
import { hrefOf } from '../../app/routes.ts';
import { useQuery } from '../../client/query.ts';
import { LinkButton } from '../../components/Button.tsx';
import { Badge, Empty, Loaded } from '../../components/Notice.tsx';
import { Card, Page } from '../../components/Page.tsx';
import { absolute } from '../../text/format.ts';
import css from './Batches.module.css';
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
  // The page after the one that would follow it begins with it.
  const found = useQuery('batches.list', { connection, after: String(id + 1), limit: 1 });
  const newest = useQuery('batches.list', { connection, limit: 1 });
  const isNewest = newest.state === 'ready' && newest.data.batches[0]?.id === id;
  const batch = found.state === 'ready' ? found.data.batches.find((one) => one.id === id) : undefined;
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
        {() =>
          batch === undefined ? (
            <Empty title="There is no such batch" actions={<LinkButton href={back.href}>To the list</LinkButton>}>
              It may be of another connection.
            </Empty>
          ) : (
            <Card>
              <div className={css.report}>
                <Report told={batch} />
              </div>
            </Card>
          )
        }
      </Loaded>
    </Page>
  );
}
