/** One code: what it stands for, found among suggestions and among all the values of the API. */
import { useEffect, useState } from 'react';
import { Autocomplete, Input, Label, ListBox, ListBoxItem, SearchField } from 'react-aria-components';
import type { DescriptorCodeView } from '../../../core/contract/schemas.ts';
import { useAct, useQuery } from '../../client/query.ts';
import { Button } from '../../components/Button.tsx';
import { ConfirmDialog, Dialog } from '../../components/Dialog.tsx';
import { Facts } from '../../components/Facts.tsx';
import field from '../../components/Field.module.css';
import { Icon } from '../../components/icons.tsx';
import { Refusal } from '../../components/Notice.tsx';
import { toast } from '../../state/toasts.ts';
import { plural } from '../../text/format.ts';
import css from './Descriptors.module.css';
import { Sureness, Value } from './Value.tsx';
import { type Confidence, keyOf, namespaceOf, type Pairing, typeInWords, valueName } from './words.ts';

export interface PairDialogProps {
  readonly connection: string;
  readonly code: DescriptorCodeView;
  /** There is a further code without a pair. */
  readonly hasNext: boolean;
  readonly onClose: () => void;
  readonly onPaired: (pair: Pairing, goesOn: boolean) => void;
}

export function PairDialog({ connection, code, hasNext, onClose, onPaired }: PairDialogProps) {
  const { run, isBusy, error, clear } = useAct('descriptors.mapMany');
  const [chosen, setChosen] = useState<{ readonly of: string; readonly uri: string }>();
  const [isTakingBack, setTakingBack] = useState(false);
  const [first] = code.suggestions;
  const preset = code.uri ?? (first?.confidence === 'high' ? first.uri : undefined);
  const uri = chosen?.of === keyOf(code) ? chosen.uri : preset;
  const pair = async (goesOn: boolean): Promise<void> => {
    if (uri === undefined) return;
    const { type, code: local, blocked } = code;
    if ((await run({ connection, pairs: [{ type, code: local, uri }] })) === undefined) return;
    const before = code.origin === 'chosen' ? code.uri : null;
    onPaired({ type, code: local, uri, before, blocked }, goesOn);
  };
  const isNew = uri !== undefined && uri !== code.uri;
  return (
    <>
      <Dialog
        title={`What does “${code.code}” stand for?`}
        isOpen={!isTakingBack}
        isWide
        onClose={onClose}
        isBusy={isBusy}
        actions={
          <>
            {code.origin === 'chosen' && (
              <Button look="quiet" onPress={() => setTakingBack(true)} isDisabled={isBusy}>
                Take the pair back …
              </Button>
            )}
            <Button onPress={onClose} isDisabled={isBusy}>
              Cancel
            </Button>
            {hasNext && code.uri === null && (
              <Button onPress={() => void pair(true)} isDisabled={!isNew || isBusy}>
                Pair, then the next
              </Button>
            )}
            <Button look="primary" onPress={() => void pair(false)} isDisabled={!isNew} isBusy={isBusy}>
              Pair
            </Button>
          </>
        }
      >
        <Facts
          facts={{
            Kind: typeInWords(code.type),
            Records: <Records code={code} />,
            'Stands for': code.uri === null ? undefined : <Value uri={code.uri} />,
          }}
        />
        <Values
          key={keyOf(code)}
          connection={connection}
          code={code}
          chosen={uri}
          onChoose={(value) => {
            clear();
            setChosen({ of: keyOf(code), uri: value });
          }}
        />
        <Refusal error={error} />
      </Dialog>
      {code.uri !== null && (
        <ConfirmDialog
          title={`Take back what “${code.code}” stands for?`}
          isOpen={isTakingBack}
          onClose={() => setTakingBack(false)}
          act="Take the pair back"
          command="descriptors.unmap"
          input={{ connection, type: code.type, code: code.code }}
          onDone={() => {
            const { type, code: local, uri: before } = code;
            onClose();
            toast('The pair was taken back.', {
              label: 'Undo',
              act: () => {
                if (before !== null) void run({ connection, pairs: [{ type, code: local, uri: before }] });
              },
            });
          }}
        >
          <p>
            You paired it with “{valueName(code.uri)}”. {plural(code.records, 'record')} had this code in the last
            batch.
          </p>
          <p>
            <strong>Nothing changes at the API now.</strong> From the next batch on, the code stands for what Rollbook
            brings along for it, if anything; else its records wait, or go without it where the API allows that. None is
            deleted because of that.
          </p>
        </ConfirmDialog>
      )}
    </>
  );
}

const Records = ({ code: { records, blocked } }: { readonly code: DescriptorCodeView }) => (
  <>
    {plural(records, 'record')} of the last batch had it
    {blocked > 0 && (
      <>
        ; <strong>{plural(blocked, 'record waits', 'records wait')}</strong> for it
      </>
    )}
    .
  </>
);

interface Offered {
  readonly uri: string;
  readonly confidence: Confidence | undefined;
}

const MOST_VALUES = 200;
const TYPING_MS = 150;

/** Suggestions first, then what the text finds; the arrow keys go through them while one types. */
function Values({
  connection,
  code,
  chosen,
  onChoose,
}: {
  readonly connection: string;
  readonly code: DescriptorCodeView;
  readonly chosen: string | undefined;
  readonly onChoose: (uri: string) => void;
}) {
  const [text, setText] = useState('');
  const [wanted, setWanted] = useState('');
  useEffect(() => {
    const timer = setTimeout(() => setWanted(text.trim()), TYPING_MS);
    return () => clearTimeout(timer);
  }, [text]);
  const values = useQuery('descriptors.values', { connection, type: code.type, text: wanted, limit: MOST_VALUES });
  const found = values.state === 'ready' ? values.data.map(({ uri }) => uri) : [];
  const sure = new Map(code.suggestions.map(({ uri, confidence }) => [uri, confidence]));
  const suggested = wanted === '' ? [...sure.keys()] : [];
  const offered: readonly Offered[] = [...new Set([...suggested, ...found])].map((uri) => ({
    uri,
    confidence: sure.get(uri),
  }));
  return (
    <Autocomplete inputValue={text} onInputChange={setText}>
      <SearchField className={css.search ?? ''} autoFocus>
        <Label className={field.label ?? ''}>Values of the API</Label>
        <Input className={field.input ?? ''} placeholder="Type a part of its name or namespace" maxLength={100} />
      </SearchField>
      <ListBox
        aria-label="Values of the API"
        className={css.values ?? ''}
        items={offered}
        dependencies={[chosen]}
        selectionMode="single"
        disallowEmptySelection
        selectedKeys={chosen === undefined ? [] : [chosen]}
        onSelectionChange={(keys) => {
          const [key] = keys === 'all' ? [] : [...keys];
          if (key !== undefined) onChoose(String(key));
        }}
        renderEmptyState={() => (
          <p className={css.noValue}>
            {values.state === 'loading'
              ? 'Looking …'
              : values.state === 'failed'
                ? values.error.message
                : 'The API has no such value. Try a shorter part of the name.'}
          </p>
        )}
      >
        {({ uri, confidence }) => (
          <ListBoxItem id={uri} textValue={valueName(uri)} className={css.option ?? ''}>
            {({ isSelected }) => (
              <>
                <span className={css.optionTick}>{isSelected && <Icon name="check" />}</span>
                <span className={css.optionName}>{valueName(uri)}</span>
                {confidence !== undefined && <Sureness confidence={confidence} />}
                <span className={css.namespace}>{namespaceOf(uri)}</span>
              </>
            )}
          </ListBoxItem>
        )}
      </ListBox>
      {found.length === MOST_VALUES && (
        <p className={css.aside}>The first {MOST_VALUES} are shown. Type to find others.</p>
      )}
    </Autocomplete>
  );
}
