/** Connections: the list, the ways to a new one, and each in detail. */
import { go, hrefOf, waysIn } from '../../app/routes.ts';
import type { ScreenProps } from '../../app/screens.tsx';
import { useQuery } from '../../client/query.ts';
import { LinkButton } from '../../components/Button.tsx';
import { DataTable } from '../../components/DataTable.tsx';
import { KnownConnection } from '../../components/ForConnection.tsx';
import { Loaded } from '../../components/Notice.tsx';
import { Page } from '../../components/Page.tsx';
import { When } from '../../components/When.tsx';
import { number } from '../../text/format.ts';
import { HealthBadge } from '../overview/Overview.tsx';
import { HEALTH, type Health } from '../overview/words.ts';
import { Clone } from './Clone.tsx';
import { Detail } from './Detail.tsx';
import { ImportFile } from './ImportFile.tsx';
import { Resources } from './Resources.tsx';
import { Rotate } from './Rotate.tsx';
import { Wizard } from './Wizard.tsx';

export function Connections({ path, query }: ScreenProps) {
  const [name, part] = path;
  if (query.get('add') === 'import') return <ImportFile />;
  if (query.has('add')) return <Wizard />;
  if (name === undefined) return <List />;
  return (
    <KnownConnection place="connections" name={name}>
      <Part name={name} part={part} />
    </KnownConnection>
  );
}

function Part({ name, part }: { readonly name: string; readonly part: string | undefined }) {
  switch (part) {
    case 'clone':
      return <Clone from={name} />;
    case 'rotate':
      return <Rotate name={name} />;
    case 'resources':
      return <Resources name={name} />;
    default:
      return <Detail name={name} />;
  }
}

function List() {
  const connections = useQuery('connections.list', {});
  const overview = useQuery('overview.show', {});
  const healthOf = (name: string): Health | undefined =>
    overview.state === 'ready' ? overview.data.find(({ connection }) => connection === name)?.health : undefined;
  return (
    <Page
      title="Connections"
      lead="Each is one API, one year and one key."
      actions={
        <>
          <LinkButton href={waysIn.import}>Import a file</LinkButton>
          <LinkButton href={waysIn.connect} look="primary" icon="plus">
            Connect to an API
          </LinkButton>
        </>
      }
    >
      <Loaded query={connections} what="Loading connections">
        {(all) => (
          <DataTable
            label="Connections"
            rows={all}
            rowKey={({ name }) => name}
            onRow={({ name }) => go(hrefOf('connections', name))}
            columns={[
              { id: 'name', title: 'Name', width: '2fr', minWidth: 160, cell: ({ name }) => name },
              {
                id: 'api',
                title: 'API',
                width: '2fr',
                minWidth: 180,
                cell: ({ inWords }) => inWords ?? 'Not tested yet',
              },
              {
                id: 'records',
                title: 'Records',
                width: 110,
                isNumber: true,
                cell: ({ records }) => number(records),
              },
              {
                id: 'batch',
                title: 'Last batch',
                minWidth: 140,
                cell: ({ lastBatch }) => (lastBatch === null ? 'None yet' : <When at={lastBatch.startedAt} isPlain />),
              },
              {
                id: 'state',
                title: 'State',
                width: 180,
                cell: ({ name }) => {
                  const health = healthOf(name);
                  return health === undefined ? '' : <HealthBadge health={health} />;
                },
                text: ({ name }) => HEALTH[healthOf(name) ?? 'never-sent'].word,
              },
            ]}
          />
        )}
      </Loaded>
    </Page>
  );
}
