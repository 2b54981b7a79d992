/** Before many codes are paired at once: what with what, and what that releases. */
import type { ReactNode } from 'react';
import { useAct } from '../../client/query.ts';
import { Button } from '../../components/Button.tsx';
import { DataTable } from '../../components/DataTable.tsx';
import { Dialog } from '../../components/Dialog.tsx';
import { Refusal } from '../../components/Notice.tsx';
import { number, plural } from '../../text/format.ts';
import { Value } from './Value.tsx';
import { keyOf, type Pairing, typeInWords, valueName, waitingInWords } from './words.ts';

export interface ConfirmPairsProps {
  readonly connection: string;
  readonly title: string;
  readonly pairs: readonly Pairing[];
  readonly note?: ReactNode;
  readonly onClose: () => void;
  readonly onDone: (pairs: readonly Pairing[]) => void;
}

export function ConfirmPairs({ connection, title, pairs, note, onClose, onDone }: ConfirmPairsProps) {
  const { run, isBusy, error } = useAct('descriptors.mapMany');
  const waiting = waitingInWords(pairs);
  const pair = async (): Promise<void> => {
    const made = await run({ connection, pairs: pairs.map(({ type, code, uri }) => ({ type, code, uri })) });
    if (made === undefined) return;
    onClose();
    onDone(pairs);
  };
  return (
    <Dialog
      title={title}
      isOpen
      isWide
      onClose={onClose}
      isBusy={isBusy}
      actions={
        <>
          <Button autoFocus onPress={onClose} isDisabled={isBusy}>
            {pairs.length === 0 ? 'Close' : 'Cancel'}
          </Button>
          {pairs.length > 0 && (
            <Button look="primary" onPress={() => void pair()} isBusy={isBusy}>
              {`Pair ${plural(pairs.length, 'code')}`}
            </Button>
          )}
        </>
      }
    >
      {pairs.length > 0 && (
        <>
          <p>
            {waiting !== undefined && (
              <>
                <strong>That releases {waiting}.</strong>{' '}
              </>
            )}
            Nothing is sent by pairing, and it can be taken back.
          </p>
          <DataTable
            label="What is paired"
            rows={pairs}
            rowKey={keyOf}
            height={300}
            shortUpTo={7}
            columns={[
              {
                id: 'code',
                title: 'Code in your SIS',
                width: '2fr',
                minWidth: 110,
                cell: ({ code }) => <strong>{code}</strong>,
                text: ({ code }) => code,
              },
              { id: 'type', title: 'Kind', width: '2fr', minWidth: 120, cell: ({ type }) => typeInWords(type) },
              {
                id: 'value',
                title: 'Is paired with',
                width: '4fr',
                minWidth: 240,
                cell: ({ uri, confidence }) => <Value uri={uri} confidence={confidence} />,
                text: ({ uri }) => valueName(uri),
              },
              ...(pairs.every(({ before }) => before === null)
                ? []
                : [
                    {
                      id: 'before',
                      title: 'Instead of',
                      width: '2fr' as const,
                      minWidth: 120,
                      cell: ({ before }: Pairing) => (before === null ? '–' : valueName(before)),
                    },
                  ]),
              ...(waiting === undefined
                ? []
                : [
                    {
                      id: 'blocked',
                      title: 'Releases',
                      width: 90,
                      isNumber: true,
                      cell: ({ blocked }: Pairing) => number(blocked ?? 0),
                    },
                  ]),
            ]}
          />
        </>
      )}
      {note !== undefined && <p>{note}</p>}
      <Refusal error={error} />
    </Dialog>
  );
}
