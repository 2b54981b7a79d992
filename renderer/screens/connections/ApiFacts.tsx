/** What an API says of itself. */
import type { ApiView } from '../../../core/contract/schemas.ts';
import { Facts } from '../../components/Facts.tsx';
import { Badge } from '../../components/Notice.tsx';
import { list } from '../../text/format.ts';
import css from './Connections.module.css';

export function ApiFacts({ api, url }: { readonly api: ApiView; readonly url: string }) {
  return (
    <>
      <p className={css.summary} role="status">
        {api.inWords}
      </p>
      <Facts
        facts={{
          Host: api.host,
          Version: api.version ?? 'It does not say',
          'Data standard': api.dataStandard ?? undefined,
          Extensions:
            api.extensions.length === 0
              ? undefined
              : list(
                  api.extensions.map(({ inWords, version }) => (version === '' ? inWords : `${inWords} ${version}`)),
                ),
          Encryption: <Encryption api={api} url={url} />,
        }}
      />
    </>
  );
}

const isThisComputer = (host: string): boolean => host === 'localhost' || host === '[::1]' || host.startsWith('127.');

/** `api.encrypted` is about the addresses that the API gives; the one that was typed counts too. */
function Encryption({ api, url }: { readonly api: ApiView; readonly url: string }) {
  const typed = URL.parse(url.trim());
  if (typed?.protocol === 'http:' && isThisComputer(typed.hostname)) {
    return <Badge tone="plain">Not encrypted; it does not leave this computer</Badge>;
  }
  if (!api.encrypted || typed?.protocol === 'http:') {
    return <Badge tone="bad">Not encrypted: key and records could be read on their way</Badge>;
  }
  return <Badge tone="good">Encrypted</Badge>;
}
