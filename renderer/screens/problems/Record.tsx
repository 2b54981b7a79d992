/** One record whole, side by side: its row, what was made of it, what was sent, what the API answered. */
import { useCallback, useState } from 'react';
import type { RecordDetail } from '../../../core/contract/schemas.ts';
import { go, hrefOf } from '../../app/routes.ts';
import { ask } from '../../client/client.ts';
import { useAct, usePages, useQuery } from '../../client/query.ts';
import { Button, LinkButton } from '../../components/Button.tsx';
import { Json } from '../../components/Json.tsx';
import { Badge, Loaded, Notice, Refusal } from '../../components/Notice.tsx';
import { Card, Page, Section } from '../../components/Page.tsx';
import { Scroll } from '../../components/Scroll.tsx';
import { When } from '../../components/When.tsx';
import { copyText } from '../../state/toasts.ts';
import { list, number, plural } from '../../text/format.ts';
import { plainly } from '../../text/names.ts';
import { RecordTable } from './Cause.tsx';
import { History } from './History.tsx';
import css from './Problems.module.css';
import { RetryOutcome, useRetry } from './retry.tsx';
import { headline, kindOf, placeOf, RECORD_TONES, recordState, resourceWords, whoCan } from './words.ts';

export interface RecordProps {
  readonly connection: string;
  /** The reference of the cause through which it was opened. */
  readonly group: string;
  readonly id: number;
  readonly from: string;
}

export function Record({ connection, group, id, from }: RecordProps) {
  const query = useQuery('problems.record', { connection, id });
  const retry = useRetry(connection);
  const back = `${hrefOf('problems', connection, group)}?show=${from}`;
  // After it was sent again it may be among the problems no more, and its number with it.
  const isGone = retry.outcome !== undefined && query.state === 'failed';
  return (
    <Page
      title={query.state === 'ready' ? `A record of ${resourceWords(query.data.record.resource)}` : 'A record'}
      name="A record"
      width="wide"
      back={{ href: back, label: 'The cause' }}
    >
      <RetryOutcome retry={retry} connection={connection} />
      {isGone ? (
        <p>
          <LinkButton href={back}>Back to the cause</LinkButton>
        </p>
      ) : (
        <Loaded query={query} what="Loading the record">
          {(detail) => (
            <Whole
              detail={detail}
              connection={connection}
              onSend={() => void retry.run({ kind: 'record', id })}
              isSending={retry.isBusy}
              onOpen={(other) => go(`${hrefOf('problems', connection, group, String(other))}?show=${from}`)}
            />
          )}
        </Loaded>
      )}
    </Page>
  );
}

interface WholeProps {
  readonly detail: RecordDetail;
  readonly connection: string;
  readonly onSend: () => void;
  readonly isSending: boolean;
  readonly onOpen: (id: number) => void;
}

function Whole({ detail, connection, onSend, isSending, onOpen }: WholeProps) {
  const { record, cause, issues, source, mapped, sent, answer, dependants, history, confirmed } = detail;
  const marked = issues.flatMap(({ path }) => (path === null ? [] : [path]));
  const waitingCount = dependants.reduce((sum, { records }) => sum + records, 0);
  return (
    <>
      <Notice tone="info">
        <p>Personal data: it stays on this workstation. To support, tell the reference and nothing else.</p>
      </Notice>
      <div className={css.recordHead}>
        <div className={css.recordState}>
          <p className={css.standingLine}>
            <Badge tone={RECORD_TONES[record.state]}>{recordState(record)}</Badge>
            <span>{kindOf(record.kind)}</span>
            {placeOf(record) !== undefined && <span className={css.dotted}>{placeOf(record)}</span>}
          </p>
          {cause !== null && (
            <p>
              {record.state === 'held' ? 'It waits for' : 'Because of'}:{' '}
              <a href={hrefOf('problems', connection, cause.group)}>{headline(cause)}</a>.{' '}
              <strong>{whoCan(cause.who)}:</strong> {plainly(cause.fix)}
            </p>
          )}
          {issues.length > 0 && (
            <ul className={css.issues} aria-label="What is wrong">
              {issues.map(({ code, title, path, value }) => (
                <li key={`${code} ${path}`}>
                  {plainly(title)}
                  {path !== null && path !== '$' && (
                    <>
                      {' '}
                      at <code>{path.replace(/^\$\./, '')}</code>
                    </>
                  )}
                  {value !== null && (
                    <>
                      : <code>{value}</code>
                    </>
                  )}
                </li>
              ))}
            </ul>
          )}
        </div>
        <div className={css.recordActs}>
          <Button icon="refresh" onPress={onSend} isBusy={isSending} aria-describedby="send-again">
            Send it again
          </Button>
          <p className={css.quiet} id="send-again">
            Now, from the last export that was sent.
            {waitingCount > 0 &&
              ` ${plural(waitingCount, 'record')} that ${waitingCount === 1 ? 'waits for it goes' : 'wait for it go'} too, once it is in the API.`}
          </p>
          <Reference detail={detail} connection={connection} />
        </div>
      </div>
      <div className={css.sides}>
        <Card>
          <Source source={source} />
        </Card>
        <Card>
          {mapped === null ? (
            <Section title="As mapped">
              <p className={css.quiet}>
                {record.kind === 'delete'
                  ? 'It is to be deleted: there is nothing to send but that.'
                  : 'Nothing could be made of it.'}
              </p>
            </Section>
          ) : (
            <Json label="As mapped" text={mapped} marked={marked} />
          )}
        </Card>
        <Card>
          <Sent detail={detail} />
        </Card>
        <Card>
          {answer === null ? (
            <Section title="What the API answered">
              <p className={css.quiet}>{sent === null ? 'It was not asked.' : 'Nothing was heard from it.'}</p>
            </Section>
          ) : (
            <>
              <Json label={`What the API answered, word for word: ${answer.status}`} text={answer.text} />
              {answer.correlationId !== null && (
                <p className={css.quiet}>
                  Its number there: <code>{answer.correlationId}</code>
                </p>
              )}
            </>
          )}
        </Card>
      </div>
      <div className={css.two}>
        <Dependants detail={detail} connection={connection} onOpen={onOpen} count={waitingCount} />
        <Card>
          <Section title="Its history">
            <History history={history} confirmed={confirmed} />
          </Section>
        </Card>
      </div>
    </>
  );
}

/** Made when it is asked for, and copied when it is asked for. */
function Reference({
  detail: { reference, record },
  connection,
}: {
  readonly detail: RecordDetail;
  readonly connection: string;
}) {
  const make = useAct('records.reference');
  const known = reference ?? undefined;
  return (
    <div className={css.reference}>
      {known === undefined ? (
        <Button icon="support" onPress={() => void make.run({ connection, id: record.id })} isBusy={make.isBusy}>
          Make a reference for support
        </Button>
      ) : (
        <>
          <p>
            For support: <code className={css.code}>{known}</code>
          </p>
          <Button
            look="quiet"
            icon="copy"
            onPress={() => void copyText(known, 'The reference')}
            aria-label="Copy the reference"
          >
            Copy
          </Button>
        </>
      )}
      <Refusal error={make.error} />
    </div>
  );
}

function Source({ source }: Pick<RecordDetail, 'source'>) {
  if (source === null) {
    return (
      <Section title="In the export">
        <p className={css.quiet}>The last export that was sent has no such row.</p>
      </Section>
    );
  }
  const filled = source.cells.filter(({ value }) => value !== '');
  const empty = source.cells.filter(({ value }) => value === '');
  const title = `In the export: ${source.file}, row ${number(source.row)}`;
  return (
    <div className={css.side}>
      <div className={css.sideHead}>
        <h2>{title}</h2>
      </div>
      <Scroll label={title} className={css.cells}>
        <table>
          <thead className="visually-hidden">
            <tr>
              <th scope="col">Column</th>
              <th scope="col">Value</th>
            </tr>
          </thead>
          <tbody>
            {filled.map(({ column, value }) => (
              <tr key={column}>
                <th scope="row">{column}</th>
                <td>{value}</td>
              </tr>
            ))}
          </tbody>
        </table>
        {empty.length > 0 && <p className={css.quiet}>Empty: {list(empty.map(({ column }) => column))}.</p>}
      </Scroll>
    </div>
  );
}

function Sent({ detail: { sent, mapped, record } }: { readonly detail: RecordDetail }) {
  if (sent === null) {
    return (
      <Section title="What was sent">
        <p className={css.quiet}>
          {record.state === 'held'
            ? 'Nothing: what it refers to is not in the API.'
            : record.state === 'rejected'
              ? 'Nothing: it was found wrong here, before it went.'
              : 'Nothing yet.'}
        </p>
      </Section>
    );
  }
  const line = `${sent.method} ${sent.resource}${sent.id === null ? '' : `/${sent.id}`}`;
  return (
    <>
      {sent.body === null || sent.body === mapped ? (
        <Section title="What was sent">
          <p>
            <code className={css.code}>{line}</code>
          </p>
          <p className={css.quiet}>
            {sent.body === null ? 'Without a body.' : 'With what it was mapped to, as it is shown above.'}
          </p>
        </Section>
      ) : (
        <>
          <Json label="What was sent" text={sent.body} />
          <p>
            <code className={css.code}>{line}</code>
          </p>
        </>
      )}
      <p className={css.quiet}>
        Sent <When at={sent.at} />.
      </p>
    </>
  );
}

interface DependantsProps {
  readonly detail: RecordDetail;
  readonly connection: string;
  readonly onOpen: (id: number) => void;
  readonly count: number;
}

function Dependants({ detail: { record, cause, dependants }, connection, onOpen, count }: DependantsProps) {
  const [isOpen, setOpen] = useState(false);
  if (count === 0 || cause === null) {
    return (
      <Card>
        <Section title="What waits for it">
          <p className={css.quiet}>Nothing waits for it.</p>
        </Section>
      </Card>
    );
  }
  return (
    <Card>
      <Section title="What waits for it">
        <ul className={css.waiting}>
          {dependants.map(({ resource, records }) => (
            <li key={resource}>
              {plural(records, 'record')} in {resourceWords(resource)} {records === 1 ? 'waits' : 'wait'} for it.
            </li>
          ))}
        </ul>
        {isOpen ? (
          <Waiting connection={connection} group={cause.group} id={record.id} count={count} onOpen={onOpen} />
        ) : (
          <div>
            <Button onPress={() => setOpen(true)}>Show {count === 1 ? 'it' : `all ${number(count)}`}</Button>
          </div>
        )}
      </Section>
    </Card>
  );
}

interface WaitingProps {
  readonly connection: string;
  readonly group: string;
  readonly id: number;
  readonly count: number;
  readonly onOpen: (id: number) => void;
}

function Waiting({ connection, group, id, count, onOpen }: WaitingProps) {
  const pages = usePages(
    'problems',
    useCallback(
      async (after: string | undefined) => {
        const { records, next } = await ask('problems.records', {
          connection,
          group,
          waitingFor: id,
          ...(after === undefined ? {} : { after }),
        });
        return { rows: records, next };
      },
      [connection, group, id],
    ),
  );
  return (
    <>
      <Refusal error={pages.error} />
      <RecordTable isNarrow rows={pages.rows} pages={pages} total={count} onOpen={(record) => onOpen(record.id)} />
    </>
  );
}
