/** How support hears of each connection: by a number, or by one of a few words. */
import { useState } from 'react';
import { labelWords } from '../../../core/contract/labels.ts';
import { hrefOf, waysIn } from '../../app/routes.ts';
import { useAct, useQuery } from '../../client/query.ts';
import { Button } from '../../components/Button.tsx';
import { Dialog } from '../../components/Dialog.tsx';
import { SelectField, TextField } from '../../components/Field.tsx';
import { Loaded, Refusal } from '../../components/Notice.tsx';
import { Card, Section } from '../../components/Page.tsx';
import { toast } from '../../state/toasts.ts';
import css from './Support.module.css';

export function Labels() {
  const connections = useQuery('connections.list', {});
  const [open, setOpen] = useState<{ readonly name: string; readonly label: string }>();
  return (
    <Card>
      <Section
        title="How support hears of your connections"
        note="The names you gave them stay here. To support each is a number, or one of a few words, so that you can both speak of it."
      >
        <Loaded query={connections} what="Loading connections">
          {(all) =>
            all.length === 0 ? (
              <p>
                There is no connection yet. <a href={waysIn.connect}>Connect to an API</a>
              </p>
            ) : (
              <ul className={css.rows}>
                {all.map(({ name }) => (
                  <Label key={name} name={name} onChange={(label) => setOpen({ name, label })} />
                ))}
              </ul>
            )
          }
        </Loaded>
        {open !== undefined && <Change {...open} onClose={() => setOpen(undefined)} />}
      </Section>
    </Card>
  );
}

function Label({ name, onChange }: { readonly name: string; readonly onChange: (label: string) => void }) {
  const detail = useQuery('connections.show', { name });
  return (
    <li className={css.row}>
      <a className={css.name} href={hrefOf('connections', name)}>
        {name}
      </a>
      <Loaded query={detail} what="Loading the connection">
        {({ label }) => (
          <>
            <span className={css.value}>
              is <code>{label}</code> to support
            </span>
            <Button onPress={() => onChange(label)} aria-label={`Change how support hears of ${name}`}>
              Change
            </Button>
          </>
        )}
      </Loaded>
    </li>
  );
}

const NUMBER = 'number';
type Word = (typeof labelWords)[number] | typeof NUMBER;

/** `state-2` → `state` and `2`; `C1` → its number alone. */
function partsOf(label: string): { readonly word: Word; readonly number: string } {
  const word = labelWords.find((one) => label === one || new RegExp(`^${one}-\\d+$`).test(label));
  return word === undefined ? { word: NUMBER, number: '' } : { word, number: label.slice(word.length + 1) };
}

function Change({
  name,
  label,
  onClose,
}: {
  readonly name: string;
  readonly label: string;
  readonly onClose: () => void;
}) {
  const { run, isBusy, error } = useAct('connections.update');
  const before = partsOf(label);
  const [word, setWord] = useState<Word>(before.word);
  const [behind, setBehind] = useState(before.number);
  const number = behind.trim();
  const isWrong = number !== '' && !/^[1-9]\d?$/.test(number);
  const chosen = word === NUMBER ? '' : number === '' ? word : `${word}-${number}`;
  const save = async (): Promise<void> => {
    if (isWrong || (await run({ name, label: chosen })) === undefined) return;
    onClose();
    toast('Support hears of the connection by its new name from now on.');
  };
  return (
    <Dialog
      title="How support hears of it"
      isOpen
      onClose={onClose}
      isBusy={isBusy}
      actions={
        <>
          <Button onPress={onClose} isDisabled={isBusy}>
            Cancel
          </Button>
          <Button look="primary" onPress={() => void save()} isBusy={isBusy} isDisabled={isWrong}>
            Save
          </Button>
        </>
      }
    >
      <SelectField<Word>
        label={`“${name}” is to support`}
        hint="Only these words can be chosen, so that no name gets in."
        value={word}
        onChange={setWord}
        options={[
          { value: NUMBER, label: 'its number alone, like C1' },
          ...labelWords.map((value) => ({ value, label: value })),
        ]}
      />
      {word !== NUMBER && (
        <TextField
          label="A number behind it"
          hint={`Where there are several: ${word}-2. It may stay empty.`}
          value={behind}
          onChange={setBehind}
          maxLength={2}
          error={isWrong ? 'Enter a number from 1 to 99, or leave it empty.' : undefined}
        />
      )}
      <Refusal error={error} />
    </Dialog>
  );
}
