/** The export that a connection sends: where it is, what is in it, what is odd about it. */
import type { ReactNode } from 'react';
import type { SourceView } from '../../../core/contract/schemas.ts';
import { useAct, useQuery } from '../../client/query.ts';
import { Button } from '../../components/Button.tsx';
import { Badge, Notice, Refusal } from '../../components/Notice.tsx';
import { Card, Section } from '../../components/Page.tsx';
import { When } from '../../components/When.tsx';
import { toast } from '../../state/toasts.ts';
import { LookFacts, LookNotices, Reading, Where } from './Look.tsx';
import css from './Sources.module.css';
import { Tables } from './Tables.tsx';

export interface CurrentProps {
  readonly connection: string;
  readonly source: SourceView;
  readonly path: string;
  readonly isOver: boolean;
  readonly choose: ReactNode;
}

export function Current({ connection, source, path, isOver, choose }: CurrentProps) {
  const look = useQuery('sources.inspect', source.isThere ? { path } : undefined);
  const reveal = useAct('files.reveal');
  const set = useAct('sources.set');
  const putAway = async (): Promise<void> => {
    if ((await set.run({ connection, path: null })) === undefined) return;
    toast('The export is not sent any more. What was sent is still at the API.', {
      label: 'Use it again',
      act: () => void set.run({ connection, path }),
    });
  };
  return (
    <div className={css.stack}>
      <Card className={isOver ? (css.over ?? '') : ''}>
        <Section
          title="The export"
          actions={source.isThere ? <Badge tone="good">Found</Badge> : <Badge tone="bad">Not there</Badge>}
        >
          <Where path={path} />
          {source.isThere && look.state === 'ready' && (
            <LookFacts
              look={look.data}
              more={{ 'Last sent': source.lastSent === null ? 'Never' : <When at={source.lastSent} /> }}
            />
          )}
          <div className={css.buttons}>{choose}</div>
          <div className={css.quiet}>
            {source.isThere && (
              <>
                <Button
                  look="quiet"
                  icon="refresh"
                  onPress={look.again}
                  isBusy={look.state === 'ready' && look.isStale}
                >
                  Look again
                </Button>
                <Button look="quiet" icon="folder" onPress={() => void reveal.run({ path })}>
                  Show the files
                </Button>
              </>
            )}
            <Button look="quiet" icon="minus" onPress={() => void putAway()} isBusy={set.isBusy}>
              Use no export
            </Button>
          </div>
          <Refusal error={reveal.error ?? set.error} />
          {!source.isThere && (
            <Notice tone="bad" title="There is nothing at this place">
              <p>
                Until it is back, no batch can begin. A network drive may have to be connected, or the SIS may export to
                another folder now: choose that one. Nothing is deleted at the API because the export is gone.
              </p>
            </Notice>
          )}
        </Section>
      </Card>
      {source.isThere && (
        <Card>
          <Section title="What is in it" note="Choose a table to see its columns and first rows.">
            {look.state === 'loading' && <Reading />}
            {look.state === 'failed' && (
              <Notice
                tone="bad"
                title="It cannot be used as it is"
                actions={<Button onPress={look.again}>Look again</Button>}
              >
                <p>{look.error.message}</p>
              </Notice>
            )}
            {look.state === 'ready' && (
              <>
                <LookNotices look={look.data} />
                <Tables look={look.data} />
              </>
            )}
          </Section>
        </Card>
      )}
    </div>
  );
}
