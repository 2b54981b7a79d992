/** How many requests go to an API at once. */
import { useState } from 'react';
import type { Settings } from '../../../core/contract/schemas.ts';
import { useAct, useQuery } from '../../client/query.ts';
import { Button } from '../../components/Button.tsx';
import { RadioField, TextField } from '../../components/Field.tsx';
import { Loaded, Refusal } from '../../components/Notice.tsx';
import { toast } from '../../state/toasts.ts';
import css from './Settings.module.css';
import { Group } from './Settings.tsx';

export function Sending() {
  const settings = useQuery('settings.show', {});
  return (
    <Group
      title="Sending"
      note="More requests at once are faster only as long as the API keeps up. Its host may ask you to stay below a number."
    >
      <Loaded query={settings} what="Loading settings">
        {({ concurrency }) => <Concurrency kept={concurrency} />}
      </Loaded>
    </Group>
  );
}

const USUAL = 8;
/** What can be told at all; the engine says what it opens at most. */
const MOST = 256;

function Concurrency({ kept }: { readonly kept: Settings['concurrency'] }) {
  const { run, isBusy, error, clear } = useAct('settings.change');
  const [kind, setKind] = useState<'auto' | 'number'>(kept === 'auto' ? 'auto' : 'number');
  const [typed, setTyped] = useState(String(kept === 'auto' ? USUAL : kept));
  const value = /^[1-9]\d{0,2}$/.test(typed.trim()) && Number(typed) <= MOST ? Number(typed) : undefined;
  const change = async (concurrency: Settings['concurrency']): Promise<void> => {
    if ((await run({ concurrency })) !== undefined) toast('The requests at once were saved, from the next batch on.');
  };
  const choose = (chosen: 'auto' | 'number'): void => {
    clear();
    setKind(chosen);
    // A number counts only once it is saved.
    if (chosen === 'auto' && kept !== 'auto') void change('auto');
  };
  return (
    <form
      className={css.form}
      aria-label="Requests at once"
      onSubmit={(event) => {
        event.preventDefault();
        if (kind === 'number' && value !== undefined) void change(value);
      }}
    >
      <RadioField
        label="Requests at once"
        value={kind}
        onChange={choose}
        isDisabled={isBusy}
        isBoxed={false}
        options={[
          {
            value: 'auto',
            label: 'As many as help',
            hint: '– begins with a few, takes more while that is faster, and fewer when the API asks for patience',
          },
          { value: 'number', label: 'At most a number of mine', hint: '– as many as help, up to it' },
        ]}
      />
      {kind === 'number' && (
        <div className={css.indent}>
          <TextField
            label="At most"
            value={typed}
            onChange={(text) => {
              clear();
              setTyped(text);
            }}
            maxLength={4}
            className={css.short ?? ''}
            error={value === undefined ? `Enter a whole number, from 1 to ${MOST}.` : error?.message}
            button={
              <Button type="submit" isBusy={isBusy} isDisabled={value === undefined || value === kept}>
                Save
              </Button>
            }
          />
        </div>
      )}
      {kind === 'auto' && <Refusal error={error} />}
    </form>
  );
}
