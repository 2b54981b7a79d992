/** The day at a glance: how each connection stands, and what to do next. */
import type { OverviewView } from '../../../core/contract/schemas.ts';
import { hrefOf, waysIn } from '../../app/routes.ts';
import { type ScreenProps, screens } from '../../app/screens.tsx';
import { useQuery } from '../../client/query.ts';
import { LinkButton } from '../../components/Button.tsx';
import { BarChart } from '../../components/Chart.tsx';
import { Figures } from '../../components/Facts.tsx';
import { Badge, Loaded } from '../../components/Notice.tsx';
import { Card, Page } from '../../components/Page.tsx';
import { When } from '../../components/When.tsx';
import { plural } from '../../text/format.ts';
import css from './Overview.module.css';
import { chartDays, HEALTH, type Health, nextInWords, scheduleInWords, summaryOf } from './words.ts';

export function Overview(_: ScreenProps) {
  const overview = useQuery('overview.show', {});
  return (
    <Page
      title="Overview"
      actions={
        <LinkButton href={waysIn.connect} icon="plus">
          Add a connection
        </LinkButton>
      }
    >
      <Loaded query={overview} what="Loading the overview">
        {(all) => (
          <ul className={`${css.cards} ${all.length === 1 ? css.single : ''}`}>
            {all.map((one) => (
              <li key={one.connection}>
                <ConnectionCard view={one} />
              </li>
            ))}
          </ul>
        )}
      </Loaded>
    </Page>
  );
}

/** How a connection stands, in a word. */
export function HealthBadge({ health }: { readonly health: Health }) {
  const { word, tone, icon } = HEALTH[health];
  return (
    <Badge tone={tone} icon={icon}>
      {word}
    </Badge>
  );
}

function ConnectionCard({ view }: { readonly view: OverviewView }) {
  const { connection, health, today, last, days } = view;
  return (
    <Card className={css.card ?? ''}>
      <div className={css.head}>
        <div>
          <h2 className={css.name}>
            <a href={hrefOf('connections', connection)}>{connection}</a>
          </h2>
          <Batches view={view} />
        </div>
        <HealthBadge health={health} />
      </div>
      <div className={css.body}>
        <div className={css.now}>
          {last !== null && (
            <Figures
              figures={[
                { label: 'changed today', value: today.changed },
                { label: 'in the API', value: today.confirmed },
                { label: 'held', value: today.held, tone: 'wait' },
                { label: 'failed today', value: today.failed, tone: 'bad' },
              ]}
            />
          )}
          <NextSteps view={view} />
        </div>
        {last !== null && (
          <BarChart
            title={`The last ${days.length} days`}
            of="Day"
            series={['Confirmed', 'Held', 'Failed or rejected']}
            points={chartDays(days)}
            summary={summaryOf(days)}
          />
        )}
      </div>
    </Card>
  );
}

/** The last batch and the next. */
function Batches({ view: { last, health, schedule } }: { readonly view: OverviewView }) {
  return (
    <p className={css.sub}>
      {last === null ? (
        'No batch yet.'
      ) : health === 'running' ? (
        <>
          A batch began <When at={last.startedAt} />.
        </>
      ) : (
        <>
          Last batch <When at={last.endedAt ?? last.startedAt} />
          {last.account !== null && `, ${plural(last.account.read, 'record')} looked at`}.
        </>
      )}{' '}
      {schedule.next === null ? (
        scheduleInWords(schedule)
      ) : (
        <>
          Next batch <When at={schedule.next} />.
        </>
      )}
    </p>
  );
}

function NextSteps({ view }: { readonly view: OverviewView }) {
  const next = view.next
    .map((one) => nextInWords(one, view.connection))
    .filter(({ place }) => screens.some((screen) => screen.place === place));
  if (next.length === 0)
    return view.last === null ? null : <p className={css.nothing}>There is nothing for you to do.</p>;
  return (
    <div>
      <h3 className={css.nextTitle}>What to do next</h3>
      <ol className={css.next}>
        {next.map(({ text, place, path }) => (
          <li key={text}>
            <a href={hrefOf(place, ...path)}>{text}</a>
          </li>
        ))}
      </ol>
    </div>
  );
}
