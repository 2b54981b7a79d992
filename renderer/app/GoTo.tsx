/** “Go to …”: every screen and every connection by a few letters, opened by Ctrl+K or ⌘K from anywhere. */
import { useEffect, useState } from 'react';
import {
  Button as AriaButton,
  Dialog as AriaDialog,
  Autocomplete,
  Input,
  ListBox,
  ListBoxItem,
  Modal,
  ModalOverlay,
  SearchField,
  useFilter,
} from 'react-aria-components';
import { useQuery } from '../client/query.ts';
import dialog from '../components/Dialog.module.css';
import { Icon, type IconName } from '../components/icons.tsx';
import css from './App.module.css';
import { go, hrefOf } from './routes.ts';
import { screens } from './screens.tsx';

interface Target {
  readonly href: string;
  readonly label: string;
  readonly kind: string;
  readonly icon: IconName;
}

const isMac = /mac/i.test(navigator.userAgent);

export function GoTo() {
  const [isOpen, setOpen] = useState(false);
  useEffect(() => {
    const press = (event: KeyboardEvent): void => {
      if (event.key.toLowerCase() !== 'k' || !(event.ctrlKey || event.metaKey) || event.altKey || event.shiftKey)
        return;
      event.preventDefault();
      setOpen((was) => !was);
    };
    window.addEventListener('keydown', press);
    return () => window.removeEventListener('keydown', press);
  }, []);
  return (
    <>
      <AriaButton
        className={css.goTo ?? ''}
        onPress={() => setOpen(true)}
        aria-keyshortcuts={isMac ? 'Meta+K' : 'Control+K'}
      >
        Go to … <kbd>{isMac ? '⌘K' : 'Ctrl K'}</kbd>
      </AriaButton>
      <ModalOverlay className={dialog.veil ?? ''} isOpen={isOpen} onOpenChange={setOpen} isDismissable>
        <Modal className={dialog.modal ?? ''}>
          <AriaDialog className={dialog.dialog ?? ''} aria-label="Go to">
            <Targets onGo={() => setOpen(false)} />
          </AriaDialog>
        </Modal>
      </ModalOverlay>
    </>
  );
}

function Targets({ onGo }: { readonly onGo: () => void }) {
  const connections = useQuery('connections.list', {});
  const { contains } = useFilter({ sensitivity: 'base' });
  const targets: readonly Target[] = [
    ...screens.map(({ place, label, icon }) => ({ href: hrefOf(place), label, kind: 'Screen', icon })),
    ...(connections.state === 'ready' ? connections.data : []).map(
      ({ name }): Target => ({
        href: hrefOf('connections', name),
        label: name,
        kind: 'Connection',
        icon: 'connections',
      }),
    ),
  ];
  return (
    <Autocomplete filter={contains}>
      <SearchField aria-label="Go to a screen or a connection" autoFocus>
        <Input className={css.search ?? ''} placeholder="A screen or a connection" />
      </SearchField>
      <ListBox
        aria-label="Places"
        className={css.results ?? ''}
        items={targets}
        onAction={(key) => {
          onGo();
          go(String(key));
        }}
        renderEmptyState={() => 'Nothing has this name.'}
      >
        {(target) => (
          <ListBoxItem id={target.href} textValue={target.label} className={css.result ?? ''}>
            <Icon name={target.icon} />
            {target.label}
            <span className={css.resultHint}>{target.kind}</span>
          </ListBoxItem>
        )}
      </ListBox>
    </Autocomplete>
  );
}
