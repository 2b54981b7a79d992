/** The first steps: from the name of a computer to an Ed-Fi API on it. All of them are read off one answer. */
import type { TestStep, TestStepName } from '../../contract/schemas.ts';
import { type ClientOptions, createClient, type EdFiClient } from '../../edfi/client.ts';
import type { Discovery } from '../../edfi/discovery.ts';
import { isFailure } from '../../errors/failure.ts';
import { describeApi } from '../words.ts';
import { type Finding, failed, findingOf, passed, stepOf, warned } from './finding.ts';

type Way = Extract<TestStepName, 'address' | 'connection' | 'encryption' | 'api'>;
const WAY: readonly Way[] = ['address', 'connection', 'encryption', 'api'];

/** How far a request came that got no answer, by the reason the client gives. */
function stoppedAt(reason: string): Way {
  switch (reason) {
    case 'name-unresolved':
      return 'address';
    case 'refused':
    case 'network-down':
    case 'connect-timeout':
    case 'proxy-unreachable':
    case 'proxy-refused':
      return 'connection';
    case 'tls-untrusted':
    case 'tls-expired':
    case 'tls-wrong-name':
    case 'tls-broken':
      return 'encryption';
    default:
      return 'api';
  }
}

const isLoopback = (hostname: string): boolean => /^(localhost|127(\.\d+){3}|\[::1\])$/i.test(hostname);

/** Whether the same computer speaks TLS on this port: its answer, or its certificate, would say so. */
async function speaksTls(options: ClientOptions, url: URL): Promise<boolean> {
  const safe = new URL(url);
  safe.protocol = 'https:';
  const client = createClient({ ...options, url: safe.href, retry: { ...options.retry, attempts: 1 } });
  try {
    await client.discovery();
    return true;
  } catch (thrown) {
    if (!isFailure(thrown)) throw thrown;
    if (thrown.code === 'api-not-edfi') return true;
    const reason = String(thrown.details.reason ?? '');
    return reason !== 'tls-broken' && stoppedAt(reason) === 'encryption';
  } finally {
    await client.close();
  }
}

const USE_HTTPS = 'Begin the address with https:// in place of http://.';

function encryption(url: URL, discovery: Discovery): Finding {
  if (url.protocol === 'https:') return passed('The connection is encrypted, and the certificate is trusted.');
  if (discovery.encrypted && Object.keys(discovery.urls).length > 0) {
    return warned('The address begins with http://, although the API is encrypted.', USE_HTTPS);
  }
  if (isLoopback(url.hostname)) return passed('Not encrypted; it does not leave this computer.');
  return warned(
    'The connection is not encrypted: the secret and every record can be read on the way.',
    "Ask the API's host for an address that begins with https://, and do not send records before.",
  );
}

export interface Reached {
  readonly steps: readonly TestStep[];
  /** Undefined where a step failed. */
  readonly discovery: Discovery | undefined;
}

/**
 * @param client for these options
 * @param host name and port, for the sentences
 */
export async function reach(client: EdFiClient, options: ClientOptions, host: string): Promise<Reached> {
  const url = new URL(options.url.trim());
  const before = (name: Way): TestStep[] => {
    const secure = url.protocol === 'https:' ? 'The certificate is trusted.' : 'Not encrypted.';
    const sentences: Record<Way, string> = {
      address: `The address ${host} is known.`,
      connection: `${host} takes connections.`,
      encryption: secure,
      api: '',
    };
    return WAY.slice(0, WAY.indexOf(name)).map((step) => stepOf(step, passed(sentences[step])));
  };
  try {
    const discovery = await client.discovery();
    const { version } = describeApi(discovery, host);
    return {
      discovery,
      steps: [
        ...before('encryption'),
        stepOf('encryption', encryption(url, discovery)),
        stepOf('api', passed(`It is an Ed-Fi API${version === null ? '' : `, version ${version}`}.`)),
      ],
    };
  } catch (thrown) {
    const finding = findingOf(thrown);
    const reason = isFailure(thrown) ? String(thrown.details.reason ?? '') : '';
    const at = isFailure(thrown) && thrown.code === 'api-not-edfi' ? 'api' : stoppedAt(reason);
    if (url.protocol === 'http:' && at === 'api' && finding.code !== 'cancelled' && (await speaksTls(options, url))) {
      const wants = failed('api-unusable', `${host} wants to be called encrypted.`, USE_HTTPS);
      return { discovery: undefined, steps: [...before('encryption'), stepOf('encryption', wants)] };
    }
    const step = reason === 'downgrade' ? 'encryption' : at;
    return { discovery: undefined, steps: [...before(step), stepOf(step, finding)] };
  }
}
