/** What the API told of a key (token_info): to see at a glance, and to send to support for a look at its permissions. */
import type { KeyInfoView } from '../../../core/contract/schemas.ts';
import { Facts } from '../../components/Facts.tsx';
import { Badge } from '../../components/Notice.tsx';
import { Scroll } from '../../components/Scroll.tsx';
import { list, plural } from '../../text/format.ts';
import { inWords } from '../../text/names.ts';
import css from './Connections.module.css';

export function KeyFacts({ info }: { readonly info: KeyInfoView }) {
  return (
    <>
      <Facts
        facts={{
          State: info.active ? <Badge tone="good">Active</Badge> : <Badge tone="bad">Not active</Badge>,
          Organizations:
            info.educationOrganizations.length === 0 ? (
              'None'
            ) : (
              <ul>
                {info.educationOrganizations.map(({ id, name, type }) => (
                  <li key={id}>
                    {name ?? 'Without a name'} ({id}
                    {type !== null && `, ${inWords(type)}`})
                  </li>
                ))}
              </ul>
            ),
          Namespaces: info.namespacePrefixes.length === 0 ? 'None' : list(info.namespacePrefixes),
          'Claim set': info.claimSet ?? 'The API does not tell',
          Profiles: info.profiles.length === 0 ? undefined : list(info.profiles),
        }}
      />
      {info.resources !== null && (
        <details>
          <summary>{plural(info.resources.length, 'permission')}</summary>
          <Scroll label="Permissions of the key" className={css.permissions}>
            <table>
              <thead>
                <tr>
                  <th scope="col">Resource</th>
                  <th scope="col">May</th>
                </tr>
              </thead>
              <tbody>
                {info.resources.map(({ resource, operations }) => (
                  <tr key={resource}>
                    <th scope="row">{resource}</th>
                    <td>{operations.length === 0 ? 'nothing' : list(operations.map((one) => one.toLowerCase()))}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          </Scroll>
        </details>
      )}
    </>
  );
}
