/** How long what is over is kept, and clearing it away. */
import { useState } from 'react';
import type { Settings } from '../../../core/contract/schemas.ts';
import { useAct, useQuery } from '../../client/query.ts';
import { Button } from '../../components/Button.tsx';
import { ConfirmDialog } from '../../components/Dialog.tsx';
import { TextField } from '../../components/Field.tsx';
import { Loaded, Refusal } from '../../components/Notice.tsx';
import { Card, Section } from '../../components/Page.tsx';
import { undoClear } from '../../state/clear.ts';
import { toast } from '../../state/toasts.ts';
import { list, number, plural } from '../../text/format.ts';
import css from './Support.module.css';
import { readLimit } from './words.ts';

export function Retention() {
  const settings = useQuery('settings.show', {});
  return (
    <Card>
      <Section
        title="How long the past is kept"
        note="Rollbook clears up by itself: this is its schedule. What is still wrong is never deleted, however old it is."
      >
        <Loaded query={settings} what="Loading how long things are kept">
          {(kept) => (
            <>
              <Limits kept={kept} />
              <Clearing days={kept.problemDays} />
            </>
          )}
        </Loaded>
      </Section>
    </Card>
  );
}

type Limit = 'problemDays' | 'logDays' | 'logMegabytes';
const KEYS: readonly Limit[] = ['problemDays', 'logDays', 'logMegabytes'];
const FIELDS: Readonly<Record<Limit, { readonly label: string; readonly hint: string; readonly unit: string }>> = {
  problemDays: {
    label: 'Problems that are over',
    hint: 'those you have cleared, and batches as old; deleted with the first batch after that',
    unit: 'days',
  },
  logDays: { label: 'The log for support', hint: 'what is older is deleted', unit: 'days' },
  logMegabytes: { label: 'and of it at most', hint: 'then the oldest is deleted first', unit: 'MB' },
};

function Limits({ kept }: { readonly kept: Settings }) {
  const { run, isBusy, error } = useAct('settings.change');
  const [typed, setTyped] = useState<Readonly<Record<Limit, string>>>({
    problemDays: String(kept.problemDays),
    logDays: String(kept.logDays),
    logMegabytes: String(kept.logMegabytes),
  });
  const [isAsking, setAsking] = useState(false);
  const read = Object.fromEntries(KEYS.map((key) => [key, readLimit(key, typed[key])])) as Record<
    Limit,
    number | string
  >;
  const changed = KEYS.filter((key) => read[key] !== kept[key]);
  const isWrong = KEYS.some((key) => typeof read[key] === 'string');
  const shorter = changed.filter((key) => Number(read[key]) < kept[key]);
  const next = Object.fromEntries(changed.map((key) => [key, read[key]]));
  const done = (): void => toast('How long the past is kept was saved.');
  const save = async (): Promise<void> => {
    if (isWrong || changed.length === 0) return;
    if (shorter.length > 0) setAsking(true);
    else if ((await run(next)) !== undefined) done();
  };
  return (
    <form
      className={css.limits}
      aria-label="How long the past is kept"
      onSubmit={(event) => {
        event.preventDefault();
        void save();
      }}
    >
      <div className={css.three}>
        {KEYS.map((key) => {
          const value = read[key];
          return (
            <TextField
              key={key}
              label={FIELDS[key].label}
              hint={FIELDS[key].hint}
              value={typed[key]}
              onChange={(text) => setTyped({ ...typed, [key]: text })}
              maxLength={5}
              error={typeof value === 'string' ? value : undefined}
              button={<span className={css.unit}>{FIELDS[key].unit}</span>}
            />
          );
        })}
      </div>
      <div className={css.buttons}>
        <Button type="submit" isBusy={isBusy} isDisabled={isWrong || changed.length === 0}>
          Save
        </Button>
      </div>
      <Refusal error={error} />
      <ConfirmDialog
        title="Keep less of the past?"
        isOpen={isAsking}
        onClose={() => setAsking(false)}
        act="Keep less"
        command="settings.change"
        input={next}
        onDone={done}
      >
        <ul className={css.says}>
          {shorter.map((key) => (
            <li key={key}>{lessInWords(key, kept[key], Number(read[key]))}</li>
          ))}
        </ul>
        <p>What is deleted cannot be brought back. Records at the API and open problems are not touched.</p>
      </ConfirmDialog>
    </form>
  );
}

function lessInWords(key: Limit, before: number, now: number): string {
  switch (key) {
    case 'problemDays':
      return `Problems that were over for more than ${plural(now, 'day')} are deleted with the next batch; until now they were kept for ${plural(before, 'day')}.`;
    case 'logDays':
      return `The log for support of more than ${plural(now, 'day')} ago is deleted at once; until now it was kept for ${plural(before, 'day')}.`;
    case 'logMegabytes':
      return `Of the log for support only the newest ${number(now)} MB stay, at once; until now it was ${number(before)} MB.`;
  }
}

function Clearing({ days }: { readonly days: number }) {
  const connections = useQuery('connections.list', {});
  const [asked, setAsked] = useState<{ readonly connection: string; readonly causes: number }>();
  return (
    <div className={css.clearing}>
      <h3>Clear the list of problems by hand</h3>
      <p className={css.how}>
        Takes what is over off the list of resolved problems. Nothing is deleted by it: the history stays for{' '}
        {plural(days, 'day')}, as above.
      </p>
      <Loaded query={connections} what="Loading connections">
        {(all) =>
          all.length === 0 ? (
            <p>There is no connection yet, and so nothing to clear.</p>
          ) : (
            <ul className={css.rows}>
              {all.map(({ name }) => (
                <Over key={name} connection={name} onClear={(causes) => setAsked({ connection: name, causes })} />
              ))}
            </ul>
          )
        }
      </Loaded>
      {asked !== undefined && (
        <ConfirmDialog
          title={`Clear what is over at “${asked.connection}”?`}
          isOpen
          onClose={() => setAsked(undefined)}
          act={`Clear ${plural(asked.causes, 'cause')}`}
          command="problems.clear"
          input={{ connection: asked.connection }}
          onDone={({ causes, entries, at }) =>
            toast(
              `${list([plural(causes, 'cause'), plural(entries, 'entry', 'entries')])} of the history ${causes + entries === 1 ? 'was' : 'were'} cleared. Nothing was deleted.`,
              undoClear(asked.connection, at),
            )
          }
        >
          <p>
            {plural(asked.causes, 'cause')} of which no record is left {asked.causes === 1 ? 'goes' : 'go'} off the
            list. One that comes back is listed again.
          </p>
          <p>
            <strong>Nothing is deleted now.</strong> What is cleared stays in the ledger for {plural(days, 'day')}, and
            is still found by its reference. Records at the API are not touched.
          </p>
        </ConfirmDialog>
      )}
    </div>
  );
}

function Over({ connection, onClear }: { readonly connection: string; readonly onClear: (causes: number) => void }) {
  const problems = useQuery('problems.list', { connection, show: 'resolved', limit: 1 });
  return (
    <li className={css.row}>
      <span className={css.name}>{connection}</span>
      <Loaded query={problems} what="Counting">
        {({ resolved, open }) => (
          <>
            <span className={css.value}>
              {resolved === 0
                ? 'Nothing is over'
                : `${plural(resolved, 'cause')} ${resolved === 1 ? 'is' : 'are'} over`}
              {open.causes > 0 && `; ${number(open.causes)} still open`}
            </span>
            {resolved > 0 && (
              <Button onPress={() => onClear(resolved)} aria-label={`Clear what is over at ${connection} …`}>
                Clear …
              </Button>
            )}
          </>
        )}
      </Loaded>
    </li>
  );
}
