/** The list of what to correct in the SIS: it holds personal data, and goes where the steward says. */
import { useState } from 'react';
import { call } from '../../client/client.ts';
import { useAct } from '../../client/query.ts';
import { Button } from '../../components/Button.tsx';
import { Dialog } from '../../components/Dialog.tsx';
import { CheckField, RadioField } from '../../components/Field.tsx';
import { Notice, Refusal } from '../../components/Notice.tsx';
import { plural } from '../../text/format.ts';
import css from './Problems.module.css';

type Format = 'csv' | 'xlsx';

export interface FixList {
  readonly open: () => void;
  readonly isBusy: boolean;
  /** The dialog, and what came of it: to be put where it shall be seen. */
  readonly shown: React.ReactNode;
}

/** `2026-11-21`, by this machine's calendar. */
const today = (): string => new Intl.DateTimeFormat('sv-SE').format(Date.now());

/**
 * @param group one cause; all that are open unless given
 * @param records how many rows it will have, about
 */
export function useFixList(connection: string, records: number, group?: string): FixList {
  const [isOpen, setOpen] = useState(false);
  const [format, setFormat] = useState<Format>('xlsx');
  const [perSchool, setPerSchool] = useState(false);
  const write = useAct('fixList.write');
  const [written, setWritten] = useState<{
    readonly files: readonly string[];
    readonly rows: number;
    readonly at: string;
  }>();
  const reveal = useAct('files.reveal');
  const save = async (): Promise<void> => {
    // Closed before the host's own dialog opens: two at a time fight for the focus.
    setOpen(false);
    setWritten(undefined);
    const { path: out } = perSchool
      ? await call('dialogs.chooseFolder', { purpose: 'fix-list' })
      : await call('dialogs.saveFile', { purpose: 'fix-list', suggestedName: `Fix list ${today()}.${format}` });
    if (out === null) return;
    const made = await write.run({ connection, format, out, perSchool, ...(group === undefined ? {} : { group }) });
    if (made !== undefined) setWritten({ ...made, at: out });
  };
  const shown = (
    <>
      <Dialog
        title="Write a fix list"
        isOpen={isOpen}
        onClose={() => setOpen(false)}
        actions={
          <>
            <Button onPress={() => setOpen(false)}>Cancel</Button>
            <Button look="primary" onPress={() => void save()}>
              Choose where to save …
            </Button>
          </>
        }
      >
        <p>
          For those who correct the data in the SIS: {plural(records, 'row')}, each with the record’s identifiers, what
          is wrong, how it is put right and how many records wait for it.
        </p>
        <RadioField
          label="As what?"
          value={format}
          onChange={setFormat}
          options={[
            { value: 'xlsx', label: 'Excel workbook', hint: 'A sheet for each school.' },
            { value: 'csv', label: 'CSV', hint: 'One table; for any number of rows.' },
          ]}
        />
        <CheckField
          label="One file for each school"
          hint="Into a folder that you choose, so that each school gets its own alone."
          isOn={perSchool}
          onChange={setPerSchool}
        />
        <Notice tone="wait" title="It holds personal data">
          <p>
            Save it where such data may be kept, send it on only where that is allowed, and delete it when the work is
            done.
          </p>
        </Notice>
      </Dialog>
      <Refusal error={write.error} />
      {written !== undefined && (
        <Notice
          tone={written.files.length === 0 ? 'info' : 'good'}
          isAlert
          title={
            written.files.length === 0
              ? 'There is nothing to put on a list'
              : `The fix list was saved: ${plural(written.rows, 'row')}${written.files.length > 1 ? ` in ${plural(written.files.length, 'file')}` : ''}`
          }
          {...(written.files.length === 0
            ? {}
            : {
                actions: (
                  <Button icon="folder" onPress={() => void reveal.run({ path: written.files[0] ?? written.at })}>
                    Show in its folder
                  </Button>
                ),
              })}
        >
          {written.files.length > 0 && (
            <>
              <p className={css.path}>{written.files.length === 1 ? written.files[0] : written.at}</p>
              <p>It holds personal data: delete it when the work is done.</p>
            </>
          )}
        </Notice>
      )}
      <Refusal error={reveal.error} />
    </>
  );
  return { open: () => setOpen(true), isBusy: write.isBusy, shown };
}
