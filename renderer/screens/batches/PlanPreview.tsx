/** What would be sent: by resource, with samples, what the guard says, and the way to send it or to leave it. */
import { useState } from 'react';
import type { ResourcePlanView } from '../../../core/contract/schemas.ts';
import { Button } from '../../components/Button.tsx';
import { Empty, Notice } from '../../components/Notice.tsx';
import { Card, Section } from '../../components/Page.tsx';
import { When } from '../../components/When.tsx';
import { type Asked, type Ending, type Plan, putAside, runBatch, useBatch } from '../../state/batch.ts';
import { plural } from '../../text/format.ts';
import { Approve, Guard } from './Approve.tsx';
import css from './Batches.module.css';
import { type CountColumn, CountTable } from './CountTable.tsx';
import { Samples } from './Samples.tsx';
import { approvalOf, changesInWords, noticeInWords, totalsOf, workOf } from './words.ts';

const COLUMNS: readonly CountColumn<ResourcePlanView>[] = [
  {
    title: 'In the API',
    meaning: 'What the API has of this connection now, as far as Rollbook knows.',
    count: ({ existing }) => existing,
    isAlways: true,
  },
  {
    title: 'Create',
    meaning: 'In the export and not in the API.',
    count: (row) => workOf(row).creates,
    isAlways: true,
  },
  { title: 'Change', meaning: 'In both, and different.', count: (row) => workOf(row).updates, isAlways: true },
  {
    title: 'Delete',
    meaning: 'Sent before, and no longer in the export.',
    count: (row) => workOf(row).deletes,
    isAlways: true,
    tone: 'bad',
  },
  {
    title: 'Key changes',
    meaning: 'The same record under another key: it is moved, or made again under the new one.',
    count: ({ keyChanges }) => keyChanges,
  },
  { title: 'Unchanged', meaning: 'In both, and the same: nothing is sent.', count: ({ unchanged }) => unchanged },
  {
    title: 'Rejected',
    meaning: 'Something is wrong with them: they are not sent.',
    count: ({ rejected }) => rejected,
    tone: 'bad',
  },
  {
    title: 'Held',
    meaning: 'They wait for a record that is rejected or was refused.',
    count: ({ held }) => held,
    tone: 'wait',
  },
  {
    title: 'Refused before',
    meaning: 'The API refused them, and they have not changed since: they are not sent again.',
    count: ({ failedBefore }) => failedBefore,
    tone: 'bad',
  },
  {
    title: 'Skipped',
    meaning: 'The API has them anyway, or they are in the export twice.',
    count: ({ skipped }) => skipped,
  },
];

const hasWork = (row: ResourcePlanView): boolean =>
  workOf(row).changes + row.rejected + row.held + row.failedBefore > 0;

export interface PlanPreviewProps {
  readonly connection: string;
  readonly plan: Plan;
  readonly ending: Ending;
  /** What it was made of; undefined where this page did not ask for it. */
  readonly asked: Asked | undefined;
}

export function PlanPreview({ connection, plan: { view, at }, ending, asked }: PlanPreviewProps) {
  const [isAsking, setAsking] = useState(false);
  const notices = useBatch((state) => state.notices);
  const totals = totalsOf(view);
  const { changes } = totals;
  const leftOut = totals.rejected + totals.held;
  const again = { connection, source: asked?.source, retry: asked?.retry ?? false };
  const isKept = ending.state === 'planned';
  const send = (): void => void runBatch({ ...again, isPlan: false }, approvalOf(view));
  return (
    <Card>
      <Section
        title={isKept ? 'What would be sent' : 'This batch waits for you'}
        note={
          <>
            Looked at <When at={at} />. <strong>Nothing of it has been sent.</strong>
          </>
        }
      >
        {ending.isOutgrown && (
          <Notice tone="wait" isAlert title="The plan has grown since you looked">
            <p>It would now delete or change more than you approved, so nothing was sent. Look at it as it is now.</p>
          </Notice>
        )}
        {view.guard.length > 0 && <Guard plan={view} />}
        {notices.length > 0 && (
          <Notice tone="info" title="Good to know">
            <ul className={notices.length > 1 ? css.points : undefined}>
              {notices.map(({ code, sentence }) => (
                <li key={sentence}>{noticeInWords(code, sentence)}</li>
              ))}
            </ul>
          </Notice>
        )}
        {view.resources.length === 0 ? (
          <Empty title="The export holds nothing to send">
            Check that it is the right one, and that its files are complete.
          </Empty>
        ) : (
          <CountTable
            label="What would be sent, by resource"
            rows={view.resources}
            resourceOf={({ resource }) => resource}
            columns={COLUMNS}
            hasWork={hasWork}
            foldedFor="nothing to do"
            details={(row) =>
              row.samples.create.length + row.samples.update.length === 0 ? undefined : (
                <Samples connection={connection} row={row} />
              )
            }
          />
        )}
        <div className={css.acts}>
          <p className={css.verdict}>
            {changes === 0 ? <strong>There is nothing to send.</strong> : <strong>{changesInWords(totals)}.</strong>}
            {leftOut > 0 && <span className={css.aside}> {plural(leftOut, 'record is', 'records are')} left out.</span>}
          </p>
          {/* What waits for approval was stopped for a reason: leaving it is what is offered first. */}
          <Button look={isKept ? 'secondary' : 'primary'} onPress={() => putAside(connection)}>
            {isKept ? 'Put aside' : 'Leave it unsent'}
          </Button>
          <Button icon="refresh" onPress={() => void runBatch({ ...again, isPlan: true })}>
            {isKept ? 'Look again' : 'Look closer'}
          </Button>
          {changes > 0 && (
            <Button look={isKept ? 'primary' : 'secondary'} icon="batches" onPress={() => setAsking(true)}>
              Send {plural(changes, totals.deletes === changes ? 'deletion' : 'change')} …
            </Button>
          )}
          {changes === 0 && leftOut > 0 && (
            <Button look="primary" icon="problems" onPress={send}>
              List the problems
            </Button>
          )}
        </div>
      </Section>
      {isAsking && <Approve plan={view} connection={connection} onClose={() => setAsking(false)} onApprove={send} />}
    </Card>
  );
}
