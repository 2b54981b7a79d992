/** An export that was chosen and is looked at before it is used. */
import type { ReactNode } from 'react';
import { useQuery } from '../../client/query.ts';
import { Button } from '../../components/Button.tsx';
import { Notice } from '../../components/Notice.tsx';
import { Card, Section } from '../../components/Page.tsx';
import { LookFacts, LookNotices, Reading, Where } from './Look.tsx';
import css from './Sources.module.css';
import { Tables } from './Tables.tsx';
import { losses } from './words.ts';

export interface CandidateProps {
  readonly path: string;
  /** The export that it would take the place of; undefined where there is none to compare with. */
  readonly usedNow: string | undefined;
  readonly isBusy: boolean;
  readonly onUse: () => void;
  readonly onCancel: () => void;
  readonly choose: ReactNode;
}

export function Candidate({ path, usedNow, isBusy, onUse, onCancel, choose }: CandidateProps) {
  const look = useQuery('sources.inspect', { path });
  const before = useQuery('sources.inspect', usedNow === undefined ? undefined : { path: usedNow });
  const lost = look.state === 'ready' && before.state === 'ready' ? losses(before.data, look.data) : [];
  return (
    <Card>
      <Section title="Is this the right export?" note="It is not used yet. Nothing is sent by using it.">
        <Where path={path} />
        {look.state === 'loading' && <Reading />}
        {look.state === 'failed' && (
          <Notice tone="bad" isAlert title="It cannot be used as it is">
            <p>{look.error.message}</p>
          </Notice>
        )}
        {look.state === 'ready' && (
          <>
            <LookFacts look={look.data} />
            {lost.length > 0 && (
              <Notice tone="wait" title="It holds clearly less than the export that is used now">
                <ul className={css.notices}>
                  {lost.map((sentence) => (
                    <li key={sentence}>{sentence}</li>
                  ))}
                </ul>
                <p>
                  Records that are missing from it count as gone. An unusual number of deletes waits for your approval.
                </p>
              </Notice>
            )}
            <LookNotices look={look.data} />
          </>
        )}
        <div className={css.buttons}>
          {look.state === 'failed' ? (
            <>
              {choose}
              <Button onPress={look.again}>Look again</Button>
            </>
          ) : (
            <Button look="primary" onPress={onUse} isBusy={isBusy} isDisabled={look.state !== 'ready'}>
              Use this export
            </Button>
          )}
          <Button onPress={onCancel}>{usedNow === undefined ? 'Cancel' : 'Keep the one used now'}</Button>
        </div>
        {look.state === 'ready' && (
          <Tables look={look.data} before={before.state === 'ready' ? before.data : undefined} />
        )}
      </Section>
    </Card>
  );
}
