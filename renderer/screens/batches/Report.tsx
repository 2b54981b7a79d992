/** What came of a batch: its account, in all and by resource, what to look at, and what it took. */
import type { ReactNode } from 'react';
import type { AccountView, BatchDetailView, BatchView } from '../../../core/contract/schemas.ts';
import { hrefOf } from '../../app/routes.ts';
import { screens } from '../../app/screens.tsx';
import { useQuery } from '../../client/query.ts';
import { LinkButton } from '../../components/Button.tsx';
import { Facts } from '../../components/Facts.tsx';
import { Notice } from '../../components/Notice.tsx';
import { duration, number, plural } from '../../text/format.ts';
import { inWords } from '../../text/names.ts';
import { headline } from '../problems/words.ts';
import { Account } from './Account.tsx';
import css from './Batches.module.css';
import { type CountColumn, CountTable } from './CountTable.tsx';
import { stoppedInWords, TERMS } from './words.ts';

interface Row {
  readonly resource: string;
  readonly account: AccountView;
}

const COLUMNS: readonly CountColumn<Row>[] = [
  { title: 'Read', count: ({ account }) => account.read, isAlways: true },
  ...TERMS.map(({ of, tone }) => ({
    title: of.charAt(0).toUpperCase() + of.slice(1),
    count: ({ account }: Row) => account[of],
    ...(tone === 'wait' || tone === 'bad' ? { tone } : {}),
  })),
];

const BEGUN = { steward: 'By hand', schedule: 'By the schedule' } as const;

const hasWork = ({ account }: Row): boolean =>
  account.created + account.updated + account.deleted + account.rejected + account.held + account.failed > 0;

export interface ReportProps {
  readonly told: BatchDetailView;
  /** Below the account. */
  readonly children?: ReactNode;
}

export function Report({ told, children }: ReportProps) {
  const { account, resources, requests, timings, stoppedBy, why, left } = told;
  if (account === null) {
    return (
      <Notice tone="wait" title="This batch was cut off">
        <p>
          Rollbook or the computer ended in its middle, so it has no account. What the API confirmed is written down;
          the next batch sends the rest, and nothing twice.
        </p>
      </Notice>
    );
  }
  const rows = Object.entries(resources).map(([resource, one]) => ({ resource, account: one }));
  return (
    <>
      {stoppedBy !== null && (
        <Notice tone="wait" title={stoppedInWords(stoppedBy)}>
          <p>
            {why !== null && `${why} `}
            What the API took stays there.{' '}
            {left !== null && left > 0
              ? `${plural(left, 'change was', 'changes were')} not sent: ${left === 1 ? 'it goes' : 'they go'} with the next batch.`
              : 'The rest goes with the next batch.'}
          </p>
        </Notice>
      )}
      <Account account={account} />
      {children}
      {rows.length > 0 && (
        <CountTable
          label="Account by resource"
          rows={rows}
          resourceOf={({ resource }) => resource}
          columns={COLUMNS}
          hasWork={hasWork}
          foldedFor="nothing but unchanged or skipped records"
        />
      )}
      {(requests !== null || timings !== null) && (
        <Facts
          facts={{
            Begun: told.by === null ? undefined : BEGUN[told.by],
            Took:
              timings === null
                ? undefined
                : `${duration(timings.totalMs / 1000)}: ${duration(timings.planMs / 1000)} to look, ${duration(timings.sendMs / 1000)} to send`,
            Requests: requests === null ? undefined : requestsInWords(requests),
            Answers:
              timings?.latencyP50Ms == null || timings.latencyP95Ms === null
                ? undefined
                : `Half came within ${number(timings.latencyP50Ms)} ms, 95 of 100 within ${number(timings.latencyP95Ms)} ms`,
            Connections:
              timings === null || timings.connections === 0
                ? undefined
                : `${number(timings.connections)} at once, at most`,
          }}
        />
      )}
    </>
  );
}

const requestsInWords = ({ POST, PUT, DELETE, GET, token, retries }: NonNullable<BatchView['requests']>): string =>
  [
    [POST, 'POST'],
    [PUT, 'PUT'],
    [DELETE, 'DELETE'],
    [GET, 'GET'],
    [token, 'for a token'],
    [retries, 'repeated'],
  ]
    .filter(([count]) => Number(count) > 0)
    .map(([count, word]) => `${number(Number(count))} ${word}`)
    .join(', ') || 'None';

const MOST_CAUSES = 5;

/** What keeps records back now, the cause first whose end would release most. */
export function Causes({ connection }: { readonly connection: string }) {
  const problems = useQuery('problems.list', { connection, limit: MOST_CAUSES });
  if (problems.state !== 'ready' || problems.data.groups.length === 0) return null;
  const { groups, open } = problems.data;
  const hasScreen = screens.some(({ place }) => place === 'problems');
  return (
    <div className={css.causes}>
      <h3 className={css.small}>{plural(open.causes, 'cause')} to look at</h3>
      <ul>
        {groups.map((cause) => (
          <li key={cause.group}>
            <span>
              {headline(cause)} <span className={css.aside}>· {inWords(cause.resource)}</span>
            </span>
            <span className={css.causeCount}>
              {plural(cause.records, 'record')}
              {cause.held > 0 && <span className={css.aside}> and {number(cause.held)} that wait for them</span>}
            </span>
          </li>
        ))}
      </ul>
      {hasScreen && (
        <p>
          <LinkButton href={hrefOf('problems', connection)} icon="problems">
            {open.causes > groups.length ? `Look at all ${number(open.causes)} problems` : 'Look at the problems'}
          </LinkButton>
        </p>
      )}
    </div>
  );
}
