/** How APIs are reached through the district's own network. */
import { useState } from 'react';
import type { CertificateView } from '../../../core/contract/schemas.ts';
import { asRefused, call, type Refused } from '../../client/client.ts';
import { useAct, useQuery } from '../../client/query.ts';
import { Button } from '../../components/Button.tsx';
import { ConfirmDialog } from '../../components/Dialog.tsx';
import { CheckField, TextField } from '../../components/Field.tsx';
import { Badge, Loaded, Refusal } from '../../components/Notice.tsx';
import { useNow } from '../../components/When.tsx';
import { toast } from '../../state/toasts.ts';
import { plural } from '../../text/format.ts';
import css from './Settings.module.css';
import { Group } from './Settings.tsx';
import { date, troubleOf } from './words.ts';

export function ProxyAddress() {
  const settings = useQuery('settings.show', {});
  return (
    <Group
      title="Proxy"
      note="Only where your network lets nothing out but by a proxy. Its administrator knows the address."
    >
      <Loaded query={settings} what="Loading settings">
        {({ proxy }) => <Address kept={proxy} />}
      </Loaded>
    </Group>
  );
}

function Address({ kept }: { readonly kept: string }) {
  const { run, isBusy, error, clear } = useAct('settings.change');
  const [typed, setTyped] = useState(kept);
  const save = async (): Promise<void> => {
    const changed = await run({ proxy: typed.trim() });
    if (changed === undefined) return;
    setTyped(changed.proxy);
    toast(
      changed.proxy === '' ? 'No proxy of your own is used any more.' : 'APIs are reached by the proxy from now on.',
    );
  };
  return (
    <form
      className={css.form}
      aria-label="Proxy"
      onSubmit={(event) => {
        event.preventDefault();
        if (typed.trim() !== kept) void save();
      }}
    >
      <TextField
        label="Address of the proxy"
        hint="Empty: the one this computer names in its environment (HTTPS_PROXY), or none."
        placeholder="http://proxy.district.org:8080"
        value={typed}
        onChange={(text) => {
          clear();
          setTyped(text);
        }}
        maxLength={500}
        error={error?.message}
        button={
          <Button type="submit" isBusy={isBusy} isDisabled={typed.trim() === kept}>
            Save
          </Button>
        }
      />
    </form>
  );
}

export function Certificates() {
  const settings = useQuery('settings.show', {});
  const certificates = useQuery('settings.certificates', {});
  const change = useAct('settings.change');
  const [failed, setFailed] = useState<Refused>();
  const [going, setGoing] = useState<CertificateView>();
  const kept = settings.state === 'ready' ? settings.data.ca : undefined;

  const add = async (): Promise<void> => {
    setFailed(undefined);
    try {
      const file = await call('files.openText', { purpose: 'certificate' });
      if (file === null || kept === undefined) return;
      const changed = await change.run({ ca: [...kept, file.text] });
      if (changed === undefined) return;
      const more = changed.ca.length - kept.length;
      toast(
        more === 0
          ? 'The certificate was there already.'
          : `${plural(more, 'certificate')} ${more === 1 ? 'is' : 'are'} trusted from now on.`,
      );
    } catch (thrown) {
      setFailed(asRefused(thrown));
    }
  };
  return (
    <Group
      title="Certificates"
      note="Every server has to prove who it is; this cannot be switched off. A network that looks into encrypted traffic has an authority of its own, which Rollbook has to know."
    >
      <Loaded query={settings} what="Loading settings">
        {({ systemCertificates }) => (
          <CheckField
            label="Trust what this computer trusts"
            hint="– the authorities in the system’s own store, where most districts put theirs"
            isOn={systemCertificates}
            onChange={(on) => void change.run({ systemCertificates: on })}
            isDisabled={change.isBusy}
          />
        )}
      </Loaded>
      <div className={css.part}>
        <h3>Your district’s own</h3>
        <Loaded query={certificates} what="Loading certificates">
          {(all) =>
            all.length === 0 ? (
              <p className={css.note}>None was added.</p>
            ) : (
              <ul className={css.rows}>
                {all.map((certificate) => (
                  <Certificate key={certificate.pem} certificate={certificate} onRemove={() => setGoing(certificate)} />
                ))}
              </ul>
            )
          }
        </Loaded>
        <div className={css.buttons}>
          <Button icon="plus" onPress={() => void add()} isBusy={change.isBusy} isDisabled={kept === undefined}>
            Add a certificate …
          </Button>
        </div>
        <p className={css.note}>A PEM file (.pem, .crt or .cer). Ask your network administrator for it.</p>
        <Refusal error={failed ?? change.error} />
      </div>
      {going !== undefined && kept !== undefined && (
        <ConfirmDialog
          title="Remove the certificate?"
          isOpen
          onClose={() => setGoing(undefined)}
          act="Remove the certificate"
          command="settings.change"
          input={{ ca: kept.filter((pem) => pem !== going.pem) }}
          onDone={() =>
            toast('The certificate was removed.', {
              label: 'Undo',
              act: () => void change.run({ ca: kept }),
            })
          }
        >
          <p>
            “{nameOf(going)}” is not trusted any more. A connection whose server, or whose network, proves itself by it
            is refused from the next batch on, until you add it again.
          </p>
          <p>Nothing is changed at any API.</p>
        </ConfirmDialog>
      )}
    </Group>
  );
}

const nameOf = ({ subject }: CertificateView): string => (subject === '' ? 'A certificate without a name' : subject);

function Certificate({
  certificate,
  onRemove,
}: {
  readonly certificate: CertificateView;
  readonly onRemove: () => void;
}) {
  const { organization, subject, until } = certificate;
  const trouble = troubleOf(certificate, useNow());
  const name = nameOf(certificate);
  return (
    <li className={css.row}>
      <div>
        <p className={css.name}>
          {name} {trouble !== undefined && <Badge tone={trouble.tone}>{trouble.word}</Badge>}
        </p>
        <p className={css.note}>
          {organization !== null && organization !== subject && `${organization} · `}
          valid until {date(until)}
          {trouble !== undefined && `. ${trouble.sentence}`}
        </p>
      </div>
      <Button onPress={onRemove} aria-label={`Remove ${name} …`}>
        Remove …
      </Button>
    </li>
  );
}
