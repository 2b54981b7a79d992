/** What becomes of a record that is no longer in the export. */
import { useState } from 'react';
import type { SourceView } from '../../../core/contract/schemas.ts';
import { useAct } from '../../client/query.ts';
import { ConfirmDialog } from '../../components/Dialog.tsx';
import { RadioField } from '../../components/Field.tsx';
import { Refusal } from '../../components/Notice.tsx';
import { Card, Section } from '../../components/Page.tsx';
import { toast } from '../../state/toasts.ts';

export function Vanished({
  connection,
  source: { path, vanished },
}: {
  readonly connection: string;
  readonly source: SourceView;
}) {
  const set = useAct('sources.set');
  const [isAsked, setAsked] = useState(false);
  const keep = async (): Promise<void> => {
    if ((await set.run({ connection, path, vanished: 'keep' })) === undefined) return;
    toast('What is no longer in the export stays at the API from now on.', {
      label: 'Undo',
      act: () => void set.run({ connection, path, vanished: 'delete' }),
    });
  };
  return (
    <Card>
      <Section title="Records that are gone">
        <RadioField<SourceView['vanished']>
          label="What becomes of a record that is no longer in the export?"
          value={vanished}
          onChange={(chosen) => (chosen === 'delete' ? setAsked(true) : void keep())}
          isDisabled={set.isBusy}
          options={[
            {
              value: 'delete',
              label: 'It is deleted at the API',
              hint: '– so that the state sees what your SIS says. Only what this connection sent or took over is ever deleted, and an unusual number waits for your approval.',
            },
            {
              value: 'keep',
              label: 'It stays at the API',
              hint: '– nothing is deleted for being gone. What your SIS takes back has to be deleted at the state by other means.',
            },
          ]}
        />
        <Refusal error={set.error} />
      </Section>
      <ConfirmDialog
        title="Delete at the API what is no longer in the export?"
        isOpen={isAsked}
        onClose={() => setAsked(false)}
        act="Delete from now on"
        command="sources.set"
        input={{ connection, path, vanished: 'delete' }}
        onDone={() => toast('What is no longer in the export is deleted at the API, from the next batch on.')}
      >
        <p>
          <strong>Nothing is deleted now.</strong> From the next batch on, a record that this connection sent or took
          over and that is no longer in the export is deleted at the API.
        </p>
        <p>
          The preview of the next batch says how many those are. Where it is an unusual number, the batch waits for your
          approval. You can choose here again that they stay.
        </p>
      </ConfirmDialog>
    </Card>
  );
}
