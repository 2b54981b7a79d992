/** An unmapped code where it hurts: suggestions that pair it at once, and then its records can go. */
import { useState } from 'react';
import type { ProblemGroupView } from '../../../core/contract/schemas.ts';
import { hrefOf } from '../../app/routes.ts';
import { useAct } from '../../client/query.ts';
import { Button, LinkButton } from '../../components/Button.tsx';
import { Badge, Notice, Refusal } from '../../components/Notice.tsx';
import { plural } from '../../text/format.ts';
import css from './Problems.module.css';
import type { Retry } from './retry.tsx';
import { blockedBy, confidence, partsOfUri, resourceWords } from './words.ts';

export function Pairing({
  group,
  connection,
  retry,
}: {
  readonly group: ProblemGroupView;
  readonly connection: string;
  readonly retry: Retry;
}) {
  const { subject: type, value: code, suggestions } = group;
  const pair = useAct('descriptors.map');
  const undo = useAct('descriptors.unmap');
  const [paired, setPaired] = useState<string>();
  const [hasGone, setGone] = useState(false);
  if (type === null || code === null) return null;
  const take = async (uri: string): Promise<void> => {
    if ((await pair.run({ connection, type, code, uri })) !== undefined) setPaired(uri);
  };
  const takeBack = async (): Promise<void> => {
    if ((await undo.run({ connection, type, code })) !== undefined) setPaired(undefined);
  };
  const send = async (): Promise<void> => {
    if (await retry.run({ kind: 'group', group: group.group })) setGone(true);
  };
  if (hasGone) return null;
  if (paired !== undefined) {
    const all = blockedBy(group);
    return (
      <>
        <Notice
          tone="good"
          isAlert
          title={`The code “${code}” is now “${partsOfUri(paired).value}”`}
          actions={
            <>
              <Button look="primary" onPress={() => void send()} isBusy={retry.isBusy}>
                Send {plural(all, 'record')} now
              </Button>
              <Button onPress={() => void takeBack()} isBusy={undo.isBusy} isDisabled={retry.isBusy}>
                Take the pair back
              </Button>
            </>
          }
        >
          <p>Nothing was sent yet. Its records go now if you say so, and with the next batch otherwise.</p>
        </Notice>
        <Refusal error={undo.error} />
      </>
    );
  }
  if (group.state === 'resolved') return null;
  return (
    <div className={css.pairing}>
      {suggestions.length === 0 ? (
        <p>Nothing the API has is like it: look through its values of {resourceWords(type)}.</p>
      ) : (
        <ul className={css.suggestions} aria-label={`What “${code}” may be`}>
          {suggestions.map(({ uri, confidence: word }, i) => {
            const { value, namespace } = partsOfUri(uri);
            return (
              <li key={uri}>
                <div>
                  <p>
                    <strong>{value}</strong> <Badge tone={word === 'high' ? 'good' : 'plain'}>{confidence(word)}</Badge>
                  </p>
                  <p className={css.namespace}>{namespace}</p>
                </div>
                <Button
                  look={i === 0 ? 'primary' : 'secondary'}
                  onPress={() => void take(uri)}
                  isBusy={pair.isBusy}
                  aria-label={`Pair “${code}” with ${value}`}
                >
                  Pair
                </Button>
              </li>
            );
          })}
        </ul>
      )}
      <Refusal error={pair.error} />
      <p className={suggestions.length === 0 ? undefined : css.another}>
        <LinkButton href={hrefOf('descriptors', connection)} look={suggestions.length === 0 ? 'primary' : 'quiet'}>
          {suggestions.length === 0 ? 'Choose in the descriptor map' : 'Another value, in the descriptor map'}
        </LinkButton>
      </p>
    </div>
  );
}
