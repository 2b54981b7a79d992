/** The files as they would leave, to be read to the last character. */
import { useDeferredValue, useEffect, useMemo, useRef, useState } from 'react';
import { Tab, TabList, TabPanel, Tabs } from 'react-aria-components';
import type { CommandOutput } from '../../../core/contract/schemas.ts';
import { Button } from '../../components/Button.tsx';
import { TextField } from '../../components/Field.tsx';
import { linesOf, TextLines } from '../../components/TextLines.tsx';
import { bytes, number, plural } from '../../text/format.ts';
import css from './Support.module.css';
import { fileInWords, findIn, LEAST } from './words.ts';

type Files = CommandOutput<'support.preview'>['files'];

export function Preview({ files }: { readonly files: Files }) {
  const [shown, setShown] = useState(files.find(({ name }) => name === 'groups.json')?.name ?? files[0]?.name ?? '');
  const [mark, setMark] = useState<{ readonly file: string; readonly line: number }>();
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    heading.current?.focus({ preventScroll: true });
    heading.current?.scrollIntoView({ block: 'start' });
  }, []);
  const total = files.reduce((sum, file) => sum + file.bytes, 0);
  const show = (file: string, line: number): void => {
    setShown(file);
    setMark({ file, line });
  };
  return (
    <section className={css.preview} aria-label="What would leave">
      <h3 ref={heading} tabIndex={-1}>
        What would leave
      </h3>
      <p className={css.how}>
        Exactly {plural(files.length, 'file')}, {bytes(total)} in all. A bundle is made anew when it is saved: it may
        then have a few more events at its end.
      </p>
      <Seek files={files} onShow={show} />
      <Tabs
        className={css.tabs ?? ''}
        orientation="vertical"
        selectedKey={shown}
        onSelectionChange={(key) => setShown(String(key))}
      >
        <TabList className={css.files ?? ''} aria-label="Files of the bundle" items={files}>
          {({ name, bytes: size }) => (
            <Tab id={name} className={css.file ?? ''}>
              <span className={css.fileName}>
                {name} <span className={css.size}>{bytes(size)}</span>
              </span>
              <span className={css.how}>{fileInWords(name)}</span>
            </Tab>
          )}
        </TabList>
        {files.map(({ name, text }) => (
          <TabPanel key={name} id={name} className={css.panel ?? ''}>
            <TextLines label={name} text={text} mark={mark?.file === name ? mark : undefined} />
          </TabPanel>
        ))}
      </Tabs>
    </section>
  );
}

/** Whether a word is anywhere in it: what is typed stays on this page. */
function Seek({ files, onShow }: { readonly files: Files; readonly onShow: (file: string, line: number) => void }) {
  const [typed, setTyped] = useState('');
  const word = useDeferredValue(typed);
  // A log can be long: it is gone through only once there is something to look for.
  const isAsked = word.trim().length >= LEAST;
  const lower = useMemo(
    () => (isAsked ? files.map(({ name, text }) => ({ name, lower: linesOf(text.toLowerCase()) })) : []),
    [files, isAsked],
  );
  const hits = useMemo(() => findIn(lower, word), [lower, word]);
  return (
    <div className={css.seek}>
      <TextField
        label="Is a name or a number in it?"
        hint="Type a student’s, or any other. It is looked for here and is neither kept nor sent."
        value={typed}
        onChange={setTyped}
        type="search"
        maxLength={100}
      />
      <div role="status" className={css.hits}>
        {!isAsked ? null : hits.length === 0 ? (
          <p className={css.none}>It is in none of the {plural(files.length, 'file')}.</p>
        ) : (
          <>
            <p>It is in {plural(hits.length, 'file')}:</p>
            <ul className={css.hitList}>
              {hits.map(({ name, lines, first }) => (
                <li key={name}>
                  <Button look="quiet" onPress={() => onShow(name, first)}>
                    {name}, line {number(first)}
                    {lines > 1 && ` and ${number(lines - 1)} more`}
                  </Button>
                </li>
              ))}
            </ul>
          </>
        )}
      </div>
    </div>
  );
}
