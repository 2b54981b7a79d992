/** Choosing a file or folder of this machine where the host has no dialog for it: in a browser. Once, in App. */
import { useEffect, useState } from 'react';
import { ListBox, ListBoxItem } from 'react-aria-components';
import type { LoopbackOutput } from '../../core/contract/loopback.ts';
import { askLoopback } from '../client/loopback.ts';
import { type PathQuestion, usePathChooser } from '../state/path-chooser.ts';
import { Button } from './Button.tsx';
import { Dialog } from './Dialog.tsx';
import { TextField } from './Field.tsx';
import { Icon } from './icons.tsx';
import css from './Shared.module.css';

export function PathChooser() {
  const asked = usePathChooser((state) => state.asked);
  return asked === undefined ? null : <Chooser question={asked.question} onAnswer={asked.answer} />;
}

const TITLES: Readonly<Record<PathQuestion['kind'], string>> = {
  folder: 'Choose a folder',
  file: 'Choose a file',
  save: 'Choose where to save',
};

type Listing = LoopbackOutput<'loopback.folder'>;

function Chooser({
  question,
  onAnswer,
}: {
  readonly question: PathQuestion;
  readonly onAnswer: (path: string | null) => void;
}) {
  const [at, setAt] = useState<string | null>(null);
  const [listing, setListing] = useState<Listing>();
  const [typed, setTyped] = useState('');
  const [error, setError] = useState<string>();
  const endings = question.kind === 'file' ? question.endings : [];
  const wanted = endings.join(' ');

  useEffect(() => {
    let isGone = false;
    void askLoopback('loopback.folder', { path: at, endings: wanted === '' ? [] : wanted.split(' ') }).then(
      (answer) => {
        if (isGone) return;
        if ('error' in answer) return setError(answer.error.sentence);
        const found = answer.ok;
        setError(undefined);
        setListing(found);
        const slash = found.path.includes('\\') ? '\\' : '/';
        const base = found.path.endsWith(slash) ? found.path : `${found.path}${slash}`;
        setTyped(
          question.kind === 'save' ? `${base}${question.suggestedName}` : question.kind === 'folder' ? found.path : '',
        );
      },
    );
    return () => {
      isGone = true;
    };
  }, [at, wanted, question]);

  const entries = [
    ...(listing?.parent == null ? [] : [{ name: 'The folder above', path: listing.parent, isFolder: true }]),
    ...(listing?.folders ?? []).map((one) => ({ ...one, isFolder: true })),
    ...(listing?.files ?? []).map((one) => ({ ...one, isFolder: false })),
  ];
  const choose = (path: string): void => {
    const entry = entries.find((one) => one.path === path);
    if (entry?.isFolder === true) setAt(path);
    else setTyped(path);
  };
  return (
    <Dialog
      title={TITLES[question.kind]}
      isOpen
      onClose={() => onAnswer(null)}
      actions={
        <>
          <Button onPress={() => onAnswer(null)}>Cancel</Button>
          <Button look="primary" isDisabled={typed.trim() === ''} onPress={() => onAnswer(typed.trim())}>
            Choose
          </Button>
        </>
      }
    >
      <TextField
        label={question.kind === 'folder' ? 'Folder' : 'File'}
        hint="Type or paste where it is on this computer, or go there below."
        value={typed}
        onChange={setTyped}
        error={error}
      />
      <ListBox
        aria-label="What is in the folder"
        className={css.folders ?? ''}
        items={entries}
        onAction={(key) => choose(String(key))}
      >
        {(entry) => (
          <ListBoxItem id={entry.path} textValue={entry.name} className={css.entry ?? ''}>
            <Icon name={entry.isFolder ? 'folder' : 'file'} />
            {entry.name}
          </ListBoxItem>
        )}
      </ListBox>
    </Dialog>
  );
}
