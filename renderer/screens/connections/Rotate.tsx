/** A new key for a connection: the old one stays until the new one works. */
import { useState } from 'react';
import { go, hrefOf } from '../../app/routes.ts';
import { useAct } from '../../client/query.ts';
import { Button, LinkButton } from '../../components/Button.tsx';
import { Notice, Refusal } from '../../components/Notice.tsx';
import { Card, Page } from '../../components/Page.tsx';
import { TestSteps } from '../../components/TestSteps.tsx';
import { clearSteps, useLive } from '../../state/live.ts';
import { toast } from '../../state/toasts.ts';
import css from './Connections.module.css';
import { KeyFields } from './fields.tsx';

export function Rotate({ name }: { readonly name: string }) {
  const { run, isBusy, error } = useAct('connections.rotate');
  const steps = useLive((live) => live.steps);
  const [values, setValues] = useState({ key: '', secret: '' });
  const [hasBegun, setBegun] = useState(false);
  const [notices, setNotices] = useState<readonly string[]>();
  const isWhole = values.key !== '' && values.secret !== '';
  const rotate = async (): Promise<void> => {
    setBegun(true);
    clearSteps();
    const saved = await run({ name, ...values });
    if (saved === undefined) return;
    setValues({ key: '', secret: '' });
    toast('The new key is in use.');
    if (saved.notices.length === 0) go(hrefOf('connections', name));
    else setNotices(saved.notices.map(({ sentence }) => sentence));
  };
  const back = hrefOf('connections', name);
  return (
    <Page
      title="Change the key"
      name="Change the key of a connection"
      width="narrow"
      back={{ href: back, label: name }}
      lead="The new key is tested first. Until it works, the old one stays in use; then the old secret is forgotten here."
    >
      {notices === undefined ? (
        <form
          className={css.form}
          aria-label="The new key"
          onSubmit={(event) => {
            event.preventDefault();
            if (isWhole) void rotate();
          }}
        >
          <KeyFields values={values} onChange={setValues} isDisabled={isBusy} />
          <Refusal error={error} />
          {hasBegun && (
            <Card>
              <TestSteps steps={steps} isRunning={isBusy} upTo="key" />
            </Card>
          )}
          <div className={css.buttons}>
            <Button look="primary" type="submit" isBusy={isBusy} isDisabled={!isWhole}>
              Test and use the new key
            </Button>
            <LinkButton href={back}>Cancel</LinkButton>
          </div>
        </form>
      ) : (
        <>
          <Notice tone="good" isAlert>
            <p>The new key is in use.</p>
          </Notice>
          {notices.map((sentence) => (
            <Notice key={sentence} tone="wait">
              <p>{sentence}</p>
            </Notice>
          ))}
          <div className={css.buttons}>
            <LinkButton href={back} look="primary">
              To the connection
            </LinkButton>
          </div>
        </>
      )}
    </Page>
  );
}
