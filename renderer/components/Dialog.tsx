/** Dialogs: they take the focus, keep it, give it back, and close with Escape. */
import { type ReactNode, useEffect, useRef } from 'react';
import { Dialog as AriaDialog, Heading, Modal, ModalOverlay } from 'react-aria-components';
import type { AnyCommand, InputOf, OutputOf } from '../client/client.ts';
import { useAct } from '../client/query.ts';
import { Button } from './Button.tsx';
import css from './Dialog.module.css';
import { Refusal } from './Notice.tsx';

export interface DialogProps {
  readonly title: string;
  readonly isOpen: boolean;
  readonly onClose: () => void;
  /** From the quiet to the strong; the last is what the dialog is for. */
  readonly actions: ReactNode;
  readonly isWide?: boolean;
  /** Something is being done that should not be walked away from by a stray Escape. */
  readonly isBusy?: boolean;
  readonly isAlert?: boolean;
  readonly children: ReactNode;
}

export function Dialog({
  title,
  isOpen,
  onClose,
  actions,
  isWide = false,
  isBusy = false,
  isAlert = false,
  children,
}: DialogProps) {
  return (
    <ModalOverlay
      className={css.veil ?? ''}
      isOpen={isOpen}
      onOpenChange={(open) => {
        if (!open) onClose();
      }}
      isKeyboardDismissDisabled={isBusy}
    >
      <Modal className={`${css.modal} ${isWide ? css.wide : ''}`}>
        <AriaDialog className={css.dialog ?? ''} role={isAlert ? 'alertdialog' : 'dialog'}>
          <Heading slot="title" level={2} className={css.title ?? ''}>
            {title}
          </Heading>
          <div className={css.body}>{children}</div>
          <div className={css.actions}>{actions}</div>
        </AriaDialog>
      </Modal>
    </ModalOverlay>
  );
}

export interface ConfirmProps<N extends AnyCommand> {
  /** What is asked: `Remove the connection “north”?` */
  readonly title: string;
  readonly isOpen: boolean;
  readonly onClose: () => void;
  /** The act's own word: `Remove`. Never “OK”. */
  readonly act: string;
  readonly command: N;
  readonly input: InputOf<N>;
  readonly onDone: (output: OutputOf<N>) => void;
  /** Not ready yet: what it will do is still being counted. */
  readonly isWaiting?: boolean;
  /** What it will do, with the count, and how it can be walked back from. */
  readonly children: ReactNode;
}

/** Before a destructive act. The focus is on Cancel: Enter alone destroys nothing. */
export function ConfirmDialog<N extends AnyCommand>({
  title,
  isOpen,
  onClose,
  act,
  command,
  input,
  onDone,
  isWaiting = false,
  children,
}: ConfirmProps<N>) {
  const { run, isBusy, error, clear } = useAct(command);
  const cancel = useRef<HTMLButtonElement>(null);
  // autoFocus is too late where Enter in a form, or a screen reader's own press, has opened the dialog.
  useEffect(() => {
    if (isOpen) cancel.current?.focus();
  }, [isOpen]);
  const close = (): void => {
    clear();
    onClose();
  };
  const confirm = async (): Promise<void> => {
    const output = await run(input);
    if (output === undefined) return;
    onClose();
    onDone(output);
  };
  return (
    <Dialog
      title={title}
      isOpen={isOpen}
      onClose={close}
      isBusy={isBusy}
      isAlert
      actions={
        <>
          <Button ref={cancel} autoFocus onPress={close} isDisabled={isBusy}>
            Cancel
          </Button>
          <Button look="danger" onPress={() => void confirm()} isBusy={isBusy} isDisabled={isWaiting}>
            {act}
          </Button>
        </>
      }
    >
      {children}
      <Refusal error={error} />
    </Dialog>
  );
}
