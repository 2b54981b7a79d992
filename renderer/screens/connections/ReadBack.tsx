/** The API, read back: compared with what the ledger knows, and taken over into it. Neither changes anything at the API. */
import { type ReactNode, useEffect, useRef, useState } from 'react';
import type { AuditView } from '../../../core/contract/schemas.ts';
import { hrefOf } from '../../app/routes.ts';
import { Button, LinkButton } from '../../components/Button.tsx';
import { Dialog } from '../../components/Dialog.tsx';
import { CheckField } from '../../components/Field.tsx';
import { Notice, Refusal } from '../../components/Notice.tsx';
import { Card, Section } from '../../components/Page.tsx';
import { Progress } from '../../components/Progress.tsx';
import { When } from '../../components/When.tsx';
import { useLive } from '../../state/live.ts';
import {
  type Adopted,
  compare,
  differences,
  isReading,
  type Reading,
  takeOver,
  useReadBack,
} from '../../state/read-back.ts';
import { duration, number, plural } from '../../text/format.ts';
import { inWords } from '../../text/names.ts';
import { type CountColumn, CountTable } from '../batches/CountTable.tsx';
import { StopBatch } from '../batches/StopBatch.tsx';
import { RetryOutcome, useRetry } from '../problems/retry.tsx';
import { resourceWords } from '../problems/words.ts';
import css from './Connections.module.css';

export function ReadBack({ connection }: { readonly connection: string }) {
  const isReadElsewhere = useIsReadElsewhere(connection);
  return (
    <>
      {isReadElsewhere && <HowFar label="Reading what the API has" />}
      <Compare connection={connection} />
      <TakeOver connection={connection} />
    </>
  );
}

type Audited = AuditView['resources'][string] & { readonly resource: string };

/** What a comparison can find, the gravest first. */
const FINDINGS = [
  {
    kind: 'missing',
    title: 'Missing there',
    meaning: 'The ledger knows it as sent, and the API no longer has it.',
    act: 'Somebody or something else deleted it. Open the resource to send it again. Or take over what the API has: then the next batch makes again only what is missing.',
  },
  {
    kind: 'differing',
    title: 'Differing',
    meaning: 'Both have it, and the API has something else in it than Rollbook sent.',
    act: 'Somebody or something else changed it. Ask who, then open the resource to send it again. Left alone, it is sent when it changes in the export.',
  },
  {
    kind: 'unknown',
    title: 'Unknown here',
    meaning: 'The API has it, and the ledger does not know it.',
    act: 'Another system may have made it, or this ledger is new. Rollbook leaves it alone. Where it came from your own export, take over what the API has.',
  },
  {
    kind: 'hidden',
    title: 'Hidden',
    meaning: 'The API has it, and does not list it for this key.',
    act: 'Nothing is lost. Most often an enrollment or a staff assignment has ended, which takes the record out of what the key may list.',
  },
] as const;

const AUDIT_COLUMNS: readonly CountColumn<Audited>[] = [
  {
    title: 'In the ledger',
    meaning: 'What Rollbook knows as being in the API.',
    count: ({ ledger }) => ledger,
    isAlways: true,
  },
  { title: 'In the API', meaning: 'What the API told that it has.', count: ({ api }) => api, isAlways: true },
  ...FINDINGS.map(
    ({ kind, title, meaning }): CountColumn<Audited> => ({
      title,
      meaning,
      count: (row) => row[kind],
      isAlways: true,
      ...(kind === 'hidden' ? {} : { tone: 'wait' }),
    }),
  ),
];

const hasFinding = (row: Audited): boolean => FINDINGS.some(({ kind }) => row[kind] > 0);

function Compare({ connection }: { readonly connection: string }) {
  const audit = useReadBack(({ audits }) => audits[connection]);
  const [isFull, setFull] = useState(false);
  const isBusy = isReading(audit);
  const isOther = useLive(({ batch }) => batch !== undefined);
  return (
    <Card>
      <Section
        title="Compare with the API"
        note="Reads what the API has and compares it with what the ledger of this computer knows as sent. Nothing is sent or changed, here or there."
        actions={
          <Button
            icon="refresh"
            onPress={() => void compare(connection, isFull)}
            isBusy={isBusy}
            isDisabled={isOther && !isBusy}
          >
            Compare now
          </Button>
        }
      >
        <CheckField
          label="Read everything"
          hint="Otherwise, after the first time and where the API can tell, only what has changed since the last comparison is read. Everything takes one request for each 500 records: a moment for a school, many minutes for a large district, and work for the API."
          isOn={isFull}
          onChange={setFull}
          isDisabled={isBusy}
        />
        <Outcome reading={audit} label="Comparing with the API">
          {(found, at) => <Compared connection={connection} found={found} at={at} />}
        </Outcome>
      </Section>
    </Card>
  );
}

/** Nothing before the first time; then how far it is, why it was not done, or what it found. */
function Outcome<T>({
  reading,
  label,
  children,
}: {
  readonly reading: Reading<T> | undefined;
  readonly label: string;
  readonly children: (found: T, at: number) => ReactNode;
}) {
  if (reading === undefined) return null;
  const { at, found, error } = reading;
  if (at === undefined) return <HowFar label={label} />;
  if (error?.code === 'cancelled') {
    return (
      <Notice tone="info" isAlert>
        <p>{error.message}</p>
      </Notice>
    );
  }
  return found === undefined ? <Refusal error={error} /> : children(found, at);
}

function HowFar({ label }: { readonly label: string }) {
  const progress = useLive((live) => (live.batch?.kind === 'read-back' ? live.progress : undefined));
  const { done = 0, total, perSecond = 0, secondsLeft } = progress ?? {};
  const aside = [
    perSecond > 0 ? `${number(Math.round(perSecond))} a second` : undefined,
    secondsLeft === undefined ? undefined : `${duration(Math.ceil(secondsLeft))} left`,
  ].filter((part) => part !== undefined);
  return (
    <div className={css.reading}>
      <Progress label={label} done={done} total={total} aside={aside.length === 0 ? undefined : aside.join(' · ')} />
      <StopBatch />
    </div>
  );
}

/** The API of this connection is read, though this page did not ask for it: it was loaded anew meanwhile. */
const useIsReadElsewhere = (connection: string): boolean => {
  const isRead = useLive(({ batch }) => batch?.kind === 'read-back' && batch.connection === connection);
  const isOwn = useReadBack(
    ({ audits, adoptions }) => isReading(audits[connection]) || isReading(adoptions[connection]),
  );
  return isRead && !isOwn;
};

function Compared({
  connection,
  found,
  at,
}: {
  readonly connection: string;
  readonly found: AuditView;
  readonly at: number;
}) {
  const [chosen, setChosen] = useState<Audited>();
  const retry = useRetry(connection);
  const rows = Object.entries(found.resources)
    .map(([resource, one]): Audited => ({ resource, ...one }))
    .filter(({ ledger, api }) => ledger + api > 0);
  const count = differences(found);
  const told = FINDINGS.filter(({ kind }) => rows.some((row) => row[kind] > 0));
  const send = (): void => {
    if (chosen === undefined) return;
    void retry.run({ kind: 'resource', resource: chosen.resource, confirmed: true });
    setChosen(undefined);
  };
  if (rows.length === 0) {
    return (
      <Notice tone="info" title="There is nothing to compare yet">
        <p>Neither the ledger nor the API has a record of what this connection sends.</p>
      </Notice>
    );
  }
  return (
    <>
      <Notice
        tone={count === 0 ? 'good' : 'wait'}
        title={
          count === 0
            ? 'The API and the ledger agree'
            : `${plural(count, 'record')} ${count === 1 ? 'is' : 'are'} not the same`
        }
      >
        <p>
          Compared <When at={at} />.{' '}
          {found.window.since === null
            ? 'Everything was read.'
            : 'Only what changed since the last comparison was read.'}
        </p>
      </Notice>
      {told.length > 0 && (
        <ul className={css.look}>
          {told.map(({ kind, title, meaning, act }) => (
            <li key={kind}>
              <span>
                <strong>{title}:</strong> {meaning} <span className={css.note}>{act}</span>
              </span>
            </li>
          ))}
        </ul>
      )}
      <CountTable
        label="What the comparison found, by resource"
        rows={rows}
        resourceOf={({ resource }) => resource}
        columns={AUDIT_COLUMNS}
        hasWork={hasFinding}
        foldedFor="nothing amiss"
        details={(row) =>
          row.missing + row.differing === 0 ? undefined : (
            <div className={css.found}>
              {row.rewritten && (
                <p>
                  More of them differ than not. Most likely the API writes them in its own way, or the mapping was
                  changed and nothing sent since: sending again may not help.
                </p>
              )}
              <div className={css.buttons}>
                <Button onPress={() => setChosen(row)} isBusy={retry.isBusy}>
                  Send {resourceWords(row.resource)} again …
                </Button>
              </div>
            </div>
          )
        }
      />
      <RetryOutcome retry={retry} connection={connection} />
      {retry.outcome !== undefined && <p>The table is of before. Compare again to see how it is now.</p>}
      {chosen !== undefined && (
        <Ask
          title={`Send ${resourceWords(chosen.resource)} again?`}
          act={`Send up to ${plural(chosen.ledger, 'record')}`}
          onClose={() => setChosen(undefined)}
          onAct={send}
        >
          <p>
            <strong>
              {inWords(chosen.resource)}: all that Rollbook sent, up to {plural(chosen.ledger, 'record')},{' '}
              {chosen.ledger === 1 ? 'goes' : 'go'} again as the last export has {chosen.ledger === 1 ? 'it' : 'them'}.
            </strong>{' '}
            Not only the {plural(chosen.missing + chosen.differing, 'record')} that{' '}
            {chosen.missing + chosen.differing === 1 ? 'is' : 'are'} missing or differing: what is missing is made
            again, what differs is overwritten, and the rest stays as it is.
          </p>
          <p>
            Whatever somebody else changed in these records at the API is lost, and cannot be had back from here. Were
            anything to be deleted that you have to see, all of it waits in Batches for your approval.
          </p>
        </Ask>
      )}
    </>
  );
}

type Taken = Adopted[string] & { readonly resource: string };

const ADOPT_COLUMNS: readonly CountColumn<Taken>[] = [
  { title: 'At the API', meaning: 'Records that the key may read.', count: ({ api }) => api, isAlways: true },
  {
    title: 'Taken over',
    meaning: 'The ledger did not know them before.',
    count: (row) => row.adopted + row.matched,
    isAlways: true,
  },
  {
    title: 'Known before',
    meaning: 'The ledger had them already.',
    count: (row) => row.known + row.relinked,
    isAlways: true,
  },
  {
    title: 'Forgotten',
    meaning: 'The ledger had them, and the API no longer does: the next batch makes them again.',
    count: ({ forgotten }) => forgotten,
  },
  {
    title: 'Not read',
    meaning: 'The API told no key for them, so that the ledger cannot know which they are.',
    count: ({ unnamed }) => unnamed,
    tone: 'wait',
  },
];

function TakeOver({ connection }: { readonly connection: string }) {
  const adoption = useReadBack(({ adoptions }) => adoptions[connection]);
  const [isAsking, setAsking] = useState(false);
  const isOther = useLive(({ batch }) => batch !== undefined);
  const close = (): void => setAsking(false);
  return (
    <Card>
      <Section
        title="Take over what the API has"
        note="For a new computer, or a lost data folder: the ledger learns what is in the API already, so that the next batch does not send it all again. Nothing is sent or changed at the API."
        actions={
          <Button
            onPress={() => setAsking(true)}
            isBusy={isReading(adoption)}
            isDisabled={isOther && !isReading(adoption)}
          >
            Take over …
          </Button>
        }
      >
        <Outcome reading={adoption} label="Reading what the API has">
          {(found, at) => <TakenOver connection={connection} found={found} at={at} />}
        </Outcome>
        {isAsking && (
          <Ask
            title="Take over what the API has?"
            act="Take it over"
            onClose={close}
            onAct={() => {
              close();
              void takeOver(connection);
            }}
          >
            <p>
              <strong>Nothing is sent, changed or deleted at the API.</strong> Every record there that this connection
              could send is read, and the ledger of this computer learns that it is there. What it knew as sent and the
              API no longer has, it forgets.
            </p>
            <p>
              You want this on a new computer, or when the data folder was lost. The next batch then sends only what
              differs, and once more what the API does not list for this key; the API does not make it twice. What the
              API has and your export does not is planned as a delete, and waits for your approval each time, however
              few.
            </p>
            <p>
              It takes one request for each 500 records: a moment for a school, many minutes for a large district. It
              can be stopped, and run again, at any time.
            </p>
          </Ask>
        )}
      </Section>
    </Card>
  );
}

function TakenOver({
  connection,
  found,
  at,
}: {
  readonly connection: string;
  readonly found: Adopted;
  readonly at: number;
}) {
  const rows = Object.entries(found)
    .map(([resource, one]): Taken => ({ resource, ...one }))
    .filter(({ api, forgotten }) => api + forgotten > 0);
  if (rows.length === 0) {
    return (
      <Notice tone="info" title="There was nothing to take over">
        <p>The API has no record of what this connection sends, as far as its key may read.</p>
      </Notice>
    );
  }
  const taken = rows.reduce((sum, { adopted, matched }) => sum + adopted + matched, 0);
  return (
    <>
      <Notice
        tone="good"
        title={
          taken === 0
            ? 'The ledger knew all of it already'
            : `${plural(taken, 'record was', 'records were')} taken over`
        }
        actions={<LinkButton href={hrefOf('batches', connection)}>To the batches</LinkButton>}
      >
        <p>
          Read <When at={at} />. The next batch sends only what differs: look at it first. What your export does not
          have is deleted only after you approve it.
        </p>
      </Notice>
      <CountTable
        label="What was taken over, by resource"
        rows={rows}
        resourceOf={({ resource }) => resource}
        columns={ADOPT_COLUMNS}
        hasWork={(row) => row.api !== row.known}
        foldedFor="nothing new"
      />
    </>
  );
}

/** Asks before; then what was asked goes on behind it, since it may take long. The focus is on Cancel. */
function Ask({
  title,
  act,
  onClose,
  onAct,
  children,
}: {
  readonly title: string;
  readonly act: string;
  readonly onClose: () => void;
  readonly onAct: () => void;
  readonly children: ReactNode;
}) {
  const cancel = useRef<HTMLButtonElement>(null);
  // As in ConfirmDialog: autoFocus is too late where Enter has opened the dialog.
  useEffect(() => cancel.current?.focus(), []);
  return (
    <Dialog
      title={title}
      isOpen
      isAlert
      onClose={onClose}
      actions={
        <>
          <Button ref={cancel} autoFocus onPress={onClose}>
            Cancel
          </Button>
          <Button look="primary" onPress={onAct}>
            {act}
          </Button>
        </>
      }
    >
      {children}
    </Dialog>
  );
}
