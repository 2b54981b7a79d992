/** One record that was found: where it is, what the API has of it, its problem and its history; and to send it again. */
import { useEffect, useState } from 'react';
import type { FoundRecord } from '../../../core/contract/schemas.ts';
import { hrefOf } from '../../app/routes.ts';
import { ask, call } from '../../client/client.ts';
import { useQuery } from '../../client/query.ts';
import { Button } from '../../components/Button.tsx';
import { Facts } from '../../components/Facts.tsx';
import { Badge, Loaded, Notice } from '../../components/Notice.tsx';
import { Card, Page, Section } from '../../components/Page.tsx';
import { When } from '../../components/When.tsx';
import { copyText } from '../../state/toasts.ts';
import { plural } from '../../text/format.ts';
import { inWords, plainly } from '../../text/names.ts';
import { History } from '../problems/History.tsx';
import { RetryOutcome, useRetry } from '../problems/retry.tsx';
import { headline, placeOf, RECORD_TONES, recordState, whoCan } from '../problems/words.ts';
import css from './Find.module.css';
import { useSearched } from './search.ts';
import { identifierName } from './words.ts';

export function Found({ reference }: { readonly reference: string }) {
  const query = useQuery('records.find', { reference });
  return (
    <Page title={`Record ${reference}`} name="A record" back={{ href: hrefOf('find'), label: 'Find' }}>
      <Loaded query={query} what="Loading the record">
        {(found) => <Whole found={found} />}
      </Loaded>
    </Page>
  );
}

function Whole({ found }: { readonly found: FoundRecord }) {
  const { connection, resource, reference, problem, confirmed, history } = found;
  const retry = useRetry(connection);
  const searched = useSearched(({ last }) => last);
  const asFound = searched?.found.find((one) => one.reference === reference);
  const isLooking = asFound !== undefined && searched?.state === 'looking';
  const known = asFound?.place ?? (problem?.file === null ? null : problem);
  const sought = usePlace(reference, known === null && problem === null && !isLooking);
  return (
    <>
      <Notice tone="info">
        <p>Personal data: it stays on this workstation. To support, tell the reference and nothing else.</p>
      </Notice>
      <RetryOutcome retry={retry} connection={connection} />
      <div className={css.two}>
        <div className={css.stack}>
          <Card>
            <Section
              title={inWords(resource)}
              actions={
                problem === null ? (
                  <Badge tone={confirmed === null ? 'wait' : 'good'}>
                    {confirmed === null ? 'Not in the API' : 'In the API'}
                  </Badge>
                ) : (
                  <Badge tone={RECORD_TONES[problem.state]}>{recordState(problem)}</Badge>
                )
              }
            >
              <Facts
                facts={{
                  Connection: connection,
                  ...Object.fromEntries(
                    (asFound?.identifiers ?? []).map(({ name, value }) => [
                      identifierName(name),
                      <code key={name}>{value}</code>,
                    ]),
                  ),
                  'In the export': whereIn(known ?? (isLooking ? 'looking' : sought)),
                  Reference: (
                    <span className={css.reference}>
                      <code>{reference}</code>
                      <Button
                        look="quiet"
                        icon="copy"
                        aria-label="Copy the reference"
                        onPress={() => void copyText(reference, 'The reference')}
                      >
                        Copy
                      </Button>
                    </span>
                  ),
                }}
              />
            </Section>
          </Card>
          <Card>
            <Section title="What the API has">
              {confirmed === null ? (
                <p>Nothing: the API never confirmed it.</p>
              ) : (
                <Facts
                  facts={{
                    'Its number there': confirmed.id === null ? 'Not known here' : <code>{confirmed.id}</code>,
                    Confirmed: <When at={confirmed.at} />,
                  }}
                />
              )}
            </Section>
          </Card>
          {problem !== null && <Problem connection={connection} id={problem.id} />}
        </div>
        <div className={css.stack}>
          <Card>
            <Section title="Send it again">
              <p>{whatWillBe(found)}</p>
              <div>
                <Button
                  icon="refresh"
                  onPress={() => void retry.run({ kind: 'reference', reference })}
                  isBusy={retry.isBusy}
                >
                  Send {plural(1, 'record')} again
                </Button>
              </div>
            </Section>
          </Card>
          <Card>
            <Section title="Its history">
              <History history={history} confirmed={confirmed === null ? null : { ...confirmed, id: null }} />
            </Section>
          </Card>
        </div>
      </div>
    </>
  );
}

/** A place; or why there is none. */
type Sought = ProblemPlace | 'looking' | 'unknown' | null;
type ProblemPlace = Parameters<typeof placeOf>[0];

function whereIn(sought: Sought): string {
  if (sought === 'looking') return 'Being looked for in the last one that was sent.';
  if (sought === 'unknown') return 'Not known: the last one that was sent could not be looked through.';
  return (sought && placeOf(sought)) ?? 'The last one that was sent does not have it.';
}

/**
 * Where the last export that was sent has a record: looked for while the record is shown, and no longer.
 * @param isWanted not where it is known, or looked for already
 */
function usePlace(reference: string, isWanted: boolean): Sought {
  const [sought, setSought] = useState<Sought>('looking');
  useEffect(() => {
    if (!isWanted) return;
    let isShown = true;
    let isOver = false;
    setSought('looking');
    ask('records.place', { reference })
      .catch(() => 'unknown' as const)
      .then((found) => {
        isOver = true;
        if (isShown) setSought(found);
      });
    return () => {
      isShown = false;
      if (!isOver) void call('records.stopSearch', {}).catch(() => undefined);
    };
  }, [reference, isWanted]);
  return isWanted ? sought : null;
}

/** What sending it again will do. */
function whatWillBe({ problem, confirmed }: FoundRecord): string {
  if (problem !== null) {
    return 'It is made again from the last export that was sent, checked, and sent, with what it waits for and what waits for it. As long as its problem is there, the same comes back.';
  }
  if (confirmed === null) return 'It is sent if the last export still has it.';
  return 'It is sent once more as the last export has it: one update at the API, of this record alone. Nothing else changes, and nothing is deleted.';
}

/** Why it is not there as it should be. */
function Problem({ connection, id }: { readonly connection: string; readonly id: number }) {
  const detail = useQuery('problems.record', { connection, id });
  return (
    <Card>
      <Section title="Its problem">
        <Loaded query={detail} what="Loading the problem">
          {({ cause }) =>
            cause === null ? (
              <p>It is planned, and was not tried yet.</p>
            ) : (
              <>
                <p>
                  <strong>{headline(cause)}.</strong> {plainly(cause.what)}
                </p>
                <p>
                  <strong>{whoCan(cause.who)}:</strong> {plainly(cause.fix)}
                </p>
                <p className={css.links}>
                  <a href={hrefOf('problems', connection, cause.group, String(id))}>Look at it side by side</a>
                  <a href={hrefOf('problems', connection, cause.group)}>To the cause</a>
                </p>
              </>
            )
          }
        </Loaded>
      </Section>
    </Card>
  );
}
