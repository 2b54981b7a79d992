/** Where toasts appear; once, in App. They stand where nothing is acted on, and wait while they are pointed at. */
import { useEffect } from 'react';
import {
  Text,
  UNSTABLE_Toast as Toast,
  UNSTABLE_ToastContent as ToastContent,
  UNSTABLE_ToastRegion as ToastRegion,
} from 'react-aria-components';
import { leaveToasts, toastQueue } from '../state/toasts.ts';
import { Button, IconButton } from './Button.tsx';
import css from './Shared.module.css';

/** @param place the screen that is shown: another one ends what was said of it */
export function Toasts({ place }: { readonly place: string | undefined }) {
  // biome-ignore lint/correctness/useExhaustiveDependencies: the change of the place is what it is for
  useEffect(leaveToasts, [place]);
  return (
    <ToastRegion queue={toastQueue} className={css.toasts ?? ''}>
      {({ toast }) => {
        const { text, undo } = toast.content;
        return (
          <Toast toast={toast} className={css.toast ?? ''}>
            <ToastContent>
              <Text slot="title">{text}</Text>
            </ToastContent>
            <div className={css.toastActs}>
              {undo !== undefined && (
                <Button
                  look="quiet"
                  onPress={() => {
                    toastQueue.close(toast.key);
                    undo.act();
                  }}
                >
                  {undo.label}
                </Button>
              )}
              <IconButton icon="cross" label="Close" onPress={() => toastQueue.close(toast.key)} />
            </div>
          </Toast>
        );
      }}
    </ToastRegion>
  );
}
