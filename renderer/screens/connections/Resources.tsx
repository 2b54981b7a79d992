/** Which resources a connection sends. */
import { useState } from 'react';
import type { ConnectionDetailView, ResourceGroupView } from '../../../core/contract/schemas.ts';
import { go, hrefOf } from '../../app/routes.ts';
import { useAct, useQuery } from '../../client/query.ts';
import { Button, LinkButton } from '../../components/Button.tsx';
import { CheckField } from '../../components/Field.tsx';
import { Loaded, Refusal } from '../../components/Notice.tsx';
import { Card, Page } from '../../components/Page.tsx';
import { toast } from '../../state/toasts.ts';
import { plural } from '../../text/format.ts';
import { inWords } from '../../text/names.ts';
import css from './Connections.module.css';

const isOffIn = (off: readonly string[], prefix: string, resource: string): boolean =>
  off.includes(resource) || off.includes(`${prefix}/*`);

/**
 * @param off selectors of what is switched off: `ed-fi/sections`, `tpdm/*`
 */
export function ResourceSwitches({
  groups,
  off,
  onChange,
}: {
  readonly groups: readonly ResourceGroupView[];
  readonly off: readonly string[];
  readonly onChange: (off: readonly string[]) => void;
}) {
  const shown = groups
    .map((group) => ({ ...group, resources: group.resources.filter(({ mapped }) => mapped) }))
    .filter(({ resources }) => resources.length > 0);
  const others = groups.reduce((sum, { resources }) => sum + resources.filter(({ mapped }) => !mapped).length, 0);
  const toggle = (group: ResourceGroupView, resource: string, isOn: boolean): void => {
    const all = `${group.prefix}/*`;
    // A whole extension that was off becomes a list of its resources as soon as one of them is on.
    const before = off.includes(all)
      ? [...off.filter((one) => one !== all), ...group.resources.map((one) => one.resource)]
      : off;
    const rest = before.filter((one) => one !== resource);
    onChange(isOn ? rest : [...rest, resource]);
  };
  return (
    <div className={css.groups}>
      {shown.map((group) => (
        <fieldset key={group.prefix} className={css.group}>
          <legend>{group.inWords}</legend>
          <div className={css.switches}>
            {group.resources.map(({ resource }) => (
              <CheckField
                key={resource}
                label={inWords(resource)}
                isOn={!isOffIn(off, group.prefix, resource)}
                onChange={(isOn) => toggle(group, resource, isOn)}
              />
            ))}
          </div>
        </fieldset>
      ))}
      <p className={css.note}>
        The API has {plural(others, 'other resource')} that the mapping makes no records of; they are left alone.
      </p>
    </div>
  );
}

export function Resources({ name }: { readonly name: string }) {
  const detail = useQuery('connections.show', { name });
  return (
    <Page
      title="Resources"
      name="Resources of a connection"
      back={{ href: hrefOf('connections', name), label: name }}
      lead="What is switched off is neither sent nor deleted: what is at the API of it stays as it is."
    >
      <Loaded query={detail}>{(connection) => <Choice connection={connection} />}</Loaded>
    </Page>
  );
}

function Choice({ connection }: { readonly connection: ConnectionDetailView }) {
  const { name } = connection;
  const groups = useQuery('connections.resources', { name });
  const update = useAct('connections.update');
  const [off, setOff] = useState<readonly string[]>(connection.off);
  const save = async (): Promise<void> => {
    if ((await update.run({ name, resources: { off: [...off] } })) === undefined) return;
    toast('The choice of resources was saved. It holds from the next batch on.');
    go(hrefOf('connections', name));
  };
  return (
    <Loaded query={groups} what="Loading resources">
      {(all) => (
        <Card className={css.stack ?? ''}>
          <ResourceSwitches groups={all} off={off} onChange={setOff} />
          <Refusal error={update.error} />
          <div className={css.buttons}>
            <Button look="primary" onPress={() => void save()} isBusy={update.isBusy}>
              Save
            </Button>
            <LinkButton href={hrefOf('connections', name)}>Cancel</LinkButton>
          </div>
        </Card>
      )}
    </Loaded>
  );
}
