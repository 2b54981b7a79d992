/** A reference that support has named, and the record of this computer that it stands for. */
import { useState } from 'react';
import type { FoundRecord } from '../../../core/contract/schemas.ts';
import { hrefOf } from '../../app/routes.ts';
import { screens } from '../../app/screens.tsx';
import { useAct } from '../../client/query.ts';
import { Button, LinkButton } from '../../components/Button.tsx';
import { Facts } from '../../components/Facts.tsx';
import { TextField } from '../../components/Field.tsx';
import { Badge, Refusal } from '../../components/Notice.tsx';
import { Card, Section } from '../../components/Page.tsx';
import { say } from '../../state/live.ts';
import { History } from '../problems/History.tsx';
import { placeOf, RECORD_TONES, recordState, resourceWords } from '../problems/words.ts';
import css from './Support.module.css';

export function Reference() {
  const find = useAct('records.find');
  const [typed, setTyped] = useState('');
  const [found, setFound] = useState<FoundRecord>();
  const look = async (): Promise<void> => {
    setFound(undefined);
    const record = await find.run({ reference: typed.trim() });
    setFound(record);
    if (record !== undefined) say(`${record.reference} is a record of ${resourceWords(record.resource)}.`);
  };
  return (
    <Card>
      <Section
        title="What a reference stands for"
        note="Support names a record by a reference such as R-7K4M-2Q, which is made at random. Only this computer can tell which record it is."
      >
        <form
          className={css.look}
          aria-label="Look a reference up"
          onSubmit={(event) => {
            event.preventDefault();
            if (typed.trim() !== '') void look();
          }}
        >
          <TextField
            label="Reference"
            value={typed}
            onChange={setTyped}
            placeholder="R-7K4M-2Q"
            maxLength={40}
            className={css.short ?? ''}
            button={
              <Button type="submit" isBusy={find.isBusy} isDisabled={typed.trim() === ''}>
                Look it up
              </Button>
            }
          />
        </form>
        <Refusal error={find.error} />
        {found !== undefined && <Found record={found} />}
      </Section>
    </Card>
  );
}

function Found({ record }: { readonly record: FoundRecord }) {
  const { connection, reference, resource, problem, confirmed, history } = record;
  return (
    <div className={css.found}>
      <Facts
        facts={{
          [reference]: `A record of ${resourceWords(resource)}`,
          Connection: <a href={hrefOf('connections', connection)}>{connection}</a>,
          'How it stands':
            problem !== null ? (
              <Badge tone={RECORD_TONES[problem.state]}>{recordState(problem)}</Badge>
            ) : confirmed === null ? (
              <Badge tone="wait">Not in the API</Badge>
            ) : (
              <Badge tone="good">In the API</Badge>
            ),
          'In the export': problem === null ? undefined : placeOf(problem),
          'What happened': <History history={history} confirmed={confirmed} />,
        }}
      />
      {screens.some(({ place }) => place === 'find') && (
        <div className={css.buttons}>
          <LinkButton href={hrefOf('find', reference)} icon="find">
            Open the record
          </LinkButton>
        </div>
      )}
    </div>
  );
}
