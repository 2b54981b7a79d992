/** What would be sent: by resource, with samples, what the guard says, and the way to send it or to leave it. */
import { useState } from 'react';
import type { BatchDetailView, PlanView, ResourcePlanView } from '../../../core/contract/schemas.ts';
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

const hasSamples = ({ samples }: ResourcePlanView): boolean =>
  samples.create.length + samples.update.length + samples.delete.length > 0;

const hasWork = (row: ResourcePlanView): boolean =>
  workOf(row).changes + row.rejected + row.held + row.failedBefore > 0;

/** A plan, resource by resource, each opened for its samples. */
export function PlanTable({
  label,
  connection,
  plan,
}: {
  readonly label: string;
  readonly connection: string;
  readonly plan: PlanView;
}) {
  return (
    <CountTable
      label={label}
      rows={plan.resources}
      resourceOf={({ resource }) => resource}
      columns={COLUMNS}
      hasWork={hasWork}
      foldedFor="nothing to do"
      details={(row) => (hasSamples(row) ? <Samples connection={connection} row={row} /> : undefined)}
    />
  );
}

export interface PlanPreviewProps {
  readonly connection: string;
  readonly plan: Plan;
  readonly ending: Ending;
  /** What it was made of; undefined where this page did not ask for it. */
  readonly asked: Asked | undefined;
  /** For a batch that waits: its number, and how its export is now. */
  readonly waiting?: (NonNullable<BatchDetailView['waiting']> & { readonly id: number }) | undefined;
}

const CHANGED = {
  changed: {
    title: 'The export has changed since',
    text: 'So this is not what would be sent any more. Look at it as it is now, and decide then.',
  },
  gone: {
    title: 'The export is not there any more',
    text: 'So this cannot be sent. Bring the export back, or begin a batch with another one.',
  },
} as const;

export function PlanPreview({ connection, plan: { view, at }, ending, asked, waiting }: PlanPreviewProps) {
  const [isAsking, setAsking] = useState(false);
  const notices = useBatch((state) => state.notices);
  const totals = totalsOf(view);
  const { changes } = totals;
  const leftOut = totals.rejected + totals.held;
  const again = { connection, source: asked?.source, retry: asked?.retry ?? false };
  const isKept = ending.state === 'planned';
  const send = (): void =>
    waiting === undefined
      ? void runBatch({ ...again, isPlan: false }, approvalOf(view))
      : void runBatch({ ...again, isPlan: false, approves: waiting.id });
  const changed = waiting === undefined || waiting.export === 'same' ? undefined : CHANGED[waiting.export];
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
        {changed !== undefined && (
          <Notice tone="wait" title={changed.title}>
            <p>{changed.text}</p>
          </Notice>
        )}
        {ending.isOutgrown && (
          <Notice tone="wait" isAlert title="The plan has grown since you looked">
            <p>It would now delete or change more than you approved, so nothing was sent. Look at it as it is now.</p>
          </Notice>
        )}
        {view.guard.length > 0 && <Guard sentences={view.guard} />}
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
          <PlanTable label="What would be sent, by resource" connection={connection} plan={view} />
        )}
        <div className={css.acts}>
          <p className={css.verdict}>
            {changes === 0 ? <strong>There is nothing to send.</strong> : <strong>{changesInWords(totals)}.</strong>}
            {leftOut > 0 && <span className={css.aside}> {plural(leftOut, 'record is', 'records are')} left out.</span>}
          </p>
          {/* What waits for approval was stopped for a reason: leaving it is what is offered first. */}
          <Button
            look={isKept || changed !== undefined ? 'secondary' : 'primary'}
            onPress={() => putAside(connection, waiting?.id)}
          >
            {isKept ? 'Put aside' : 'Leave it unsent'}
          </Button>
          {waiting?.source !== null && (
            <Button
              look={changed === undefined ? 'secondary' : 'primary'}
              icon="refresh"
              onPress={() => void runBatch({ ...again, isPlan: true })}
            >
              {isKept || changed !== undefined ? 'Look again' : 'Look closer'}
            </Button>
          )}
          {changes > 0 && changed === undefined && (
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
