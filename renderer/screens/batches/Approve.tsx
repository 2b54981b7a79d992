/** The last question before anything is sent: what will happen, in numbers. The focus is on Cancel. */
import { useState } from 'react';
import type { PlanView } from '../../../core/contract/schemas.ts';
import { Button } from '../../components/Button.tsx';
import { Dialog } from '../../components/Dialog.tsx';
import { CheckField, TextField } from '../../components/Field.tsx';
import { Notice } from '../../components/Notice.tsx';
import { list, number, plural } from '../../text/format.ts';
import { inWords, plainly } from '../../text/names.ts';
import css from './Batches.module.css';
import { changesInWords, MANY_DELETES, type Totals, totalsOf, workOf } from './words.ts';

export interface ApproveProps {
  readonly plan: PlanView;
  readonly connection: string;
  readonly onClose: () => void;
  readonly onApprove: () => void;
}

/** As many as are named; the others are counted. */
const MOST_NAMED = 4;

export function Approve({ plan, connection, onClose, onApprove }: ApproveProps) {
  const totals = totalsOf(plan);
  const { deletes, changes } = totals;
  const [isChecked, setChecked] = useState(false);
  const [typed, setTyped] = useState('');
  const isTyped = deletes >= MANY_DELETES;
  const isTicked = !isTyped && (deletes > 0 || plan.guard.length > 0);
  const isReady = isTyped ? typed.replace(/[\s,.]/g, '') === String(deletes) : !isTicked || isChecked;
  return (
    <Dialog
      title={`Send ${changesInWords(totals)}?`}
      isOpen
      isAlert
      onClose={onClose}
      actions={
        <>
          <Button autoFocus onPress={onClose}>
            Cancel
          </Button>
          <Button
            look={deletes > 0 ? 'danger' : 'primary'}
            isDisabled={!isReady}
            onPress={() => {
              onClose();
              onApprove();
            }}
          >
            {deletes > 0 ? `Send, and delete ${number(deletes)}` : `Send ${plural(changes, 'change')}`}
          </Button>
        </>
      }
    >
      <p>This goes to the API of “{connection}”:</p>
      <ul className={css.points}>
        {pointsOf(totals, plan).map((point) => (
          <li key={point}>{point}</li>
        ))}
      </ul>
      {plan.guard.length > 0 && <Guard sentences={plan.guard} most={2} />}
      {deletes > 0 && (
        <p>
          What is deleted is gone from the API. If the export was wrong, a later batch with a complete export makes it
          again, but what other systems added to it there is lost.
        </p>
      )}
      {totals.rejected + totals.held > 0 && (
        <p>{plural(totals.rejected + totals.held, 'record is', 'records are')} rejected or held and not sent.</p>
      )}
      {isTyped && (
        <TextField
          label={`Type ${number(deletes)} to say that you want these deletions`}
          value={typed}
          onChange={setTyped}
          maxLength={20}
        />
      )}
      {isTicked && (
        <CheckField
          label={
            deletes > 0
              ? `I have checked that the export is complete, and want ${deletes === 1 ? 'this deletion' : `these ${number(deletes)} deletions`}.`
              : 'I have checked that the export and the settings are the right ones.'
          }
          isOn={isChecked}
          onChange={setChecked}
        />
      )}
      <p className={css.aside}>
        Only this plan is approved. If the export by now deletes more than this, the batch waits for you again.
      </p>
    </Dialog>
  );
}

interface GuardProps {
  /** The engine's. */
  readonly sentences: readonly string[];
  /** As many as are read at once; the others are folded. */
  readonly most?: number;
  readonly title?: string;
}

/** Why a plan waits, or waited. */
export function Guard({ sentences: guard, most = 4, title = 'Why Rollbook asks' }: GuardProps) {
  const [isWhole, setWhole] = useState(false);
  const isLong = guard.length > most + 1;
  const shown = isLong && !isWhole ? guard.slice(0, most) : guard;
  return (
    <Notice
      tone="wait"
      title={title}
      {...(isLong
        ? {
            actions: (
              <Button look="quiet" aria-expanded={isWhole} onPress={() => setWhole(!isWhole)}>
                {isWhole ? 'Show fewer' : `Show all ${number(guard.length)} reasons`}
              </Button>
            ),
          }
        : {})}
    >
      <ul className={guard.length > 1 ? css.points : undefined}>
        {shown.map((sentence) => (
          <li key={sentence}>{plainly(sentence)}</li>
        ))}
      </ul>
    </Notice>
  );
}

function pointsOf({ creates, updates, deletes, keyChanges }: Totals, plan: PlanView): string[] {
  const named = (of: 'creates' | 'updates' | 'deletes' | 'keyChanges'): string => {
    const all = plan.resources
      .map((row) => ({ name: inWords(row.resource).toLowerCase(), count: workOf(row)[of] }))
      .filter(({ count }) => count > 0)
      .sort((a, b) => b.count - a.count);
    const told = all.slice(0, MOST_NAMED).map(({ name, count }) => `${number(count)} ${name}`);
    const others = all.length - told.length;
    return list(others === 0 ? told : [...told, `those of ${plural(others, 'other resource')}`]);
  };
  return [
    ...(deletes > 0 ? [`${plural(deletes, 'record is', 'records are')} deleted: ${named('deletes')}.`] : []),
    ...(updates > 0 ? [`${plural(updates, 'record is', 'records are')} changed: ${named('updates')}.`] : []),
    ...(keyChanges > 0
      ? [`${plural(keyChanges, 'record gets', 'records get')} another key: ${named('keyChanges')}.`]
      : []),
    ...(creates > 0 ? [`${plural(creates, 'record is', 'records are')} created: ${named('creates')}.`] : []),
  ];
}
