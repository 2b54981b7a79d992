/** What came of a batch that was begun on a screen which is not about batches. */
import type { SyncResult } from '../../core/contract/schemas.ts';
import { hrefOf } from '../app/routes.ts';
import { list, plural } from '../text/format.ts';
import { Button, LinkButton } from './Button.tsx';
import { Notice } from './Notice.tsx';

export interface SentNoticeProps {
  readonly connection: string;
  readonly result: SyncResult;
  /** Takes it away. */
  readonly onClose?: () => void;
}

export function SentNotice({ connection, result, onClose }: SentNoticeProps) {
  const { account, state, stopped } = result;
  const done = [
    [account.created, 'created'],
    [account.updated, 'updated'],
    [account.deleted, 'deleted'],
  ] as const;
  const changed = done.filter(([count]) => count > 0).map(([count, word]) => `${plural(count, 'record')} ${word}`);
  const open = account.held + account.failed + account.rejected;
  const close = onClose !== undefined && (
    <Button look="quiet" onPress={onClose}>
      Close
    </Button>
  );
  const toBatches = (
    <>
      <LinkButton href={hrefOf('batches', connection)}>To the batches</LinkButton>
      {close}
    </>
  );
  if (state === 'waiting') {
    return (
      <Notice tone="wait" isAlert title="Nothing was sent: the plan waits for your approval" actions={toBatches}>
        <p>More would change than is usual. Look at the plan before it goes.</p>
      </Notice>
    );
  }
  if (stopped !== null) {
    return (
      <Notice tone="bad" isAlert title="The batch ended early" actions={toBatches}>
        <p>{stopped.sentence}</p>
        <p>
          {changed.length === 0 ? 'Nothing was changed at the API.' : `Before that: ${list(changed)}.`} Nothing is sent
          twice.
        </p>
      </Notice>
    );
  }
  return (
    <Notice
      tone={open > 0 ? 'wait' : 'good'}
      isAlert
      title={changed.length === 0 ? 'Nothing had changed' : `Sent: ${list(changed)}`}
      actions={
        <>
          {open > 0 && <LinkButton href={hrefOf('problems', connection)}>To the problems</LinkButton>}
          {close}
        </>
      }
    >
      <p>
        {open === 0 ? 'The API has everything as the export says.' : `${plural(open, 'record')} could not be sent yet.`}
      </p>
    </Notice>
  );
}
