/** Which Rollbook this is, and its terms. */
import { useState } from 'react';
import type { HostCommandOutput } from '../../../core/contract/host.ts';
import { useAct } from '../../client/query.ts';
import { Button } from '../../components/Button.tsx';
import { Dialog } from '../../components/Dialog.tsx';
import { Facts } from '../../components/Facts.tsx';
import { Loading, Refusal } from '../../components/Notice.tsx';
import { TextLines } from '../../components/TextLines.tsx';
import { useLive } from '../../state/live.ts';
import css from './Settings.module.css';
import { Group } from './Settings.tsx';
import { HOSTS, SYSTEMS } from './words.ts';

export function About() {
  const host = useLive((live) => live.host);
  const { run, isBusy, error } = useAct('host.licenses');
  const [licenses, setLicenses] = useState<HostCommandOutput<'host.licenses'>>();
  const show = async (): Promise<void> => setLicenses(await run({}));
  const close = (): void => setLicenses(undefined);
  return (
    <Group title="About">
      {host === undefined ? (
        <Loading />
      ) : (
        <Facts
          facts={{
            Version: host.version,
            Runs: `${HOSTS[host.host]}, ${SYSTEMS[host.platform]}`,
            License: 'Apache License 2.0',
          }}
        />
      )}
      <div className={css.buttons}>
        <Button icon="file" onPress={() => void show()} isBusy={isBusy}>
          Show the licenses
        </Button>
      </div>
      <Refusal error={error} />
      <Dialog
        title="Licenses"
        isOpen={licenses !== undefined}
        onClose={close}
        isWide
        actions={<Button onPress={close}>Close</Button>}
      >
        {licenses?.length === 0 && <p>No file with licenses lies beside this Rollbook.</p>}
        {licenses?.map(({ name, text }, i) => (
          // Two may have one name.
          // biome-ignore lint/suspicious/noArrayIndexKey: see above
          <TextLines key={`${name} ${i}`} label={name} text={text} />
        ))}
      </Dialog>
    </Group>
  );
}
