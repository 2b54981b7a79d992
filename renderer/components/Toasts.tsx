/** Where toasts appear; once, in App. */
import {
  Text,
  UNSTABLE_Toast as Toast,
  UNSTABLE_ToastContent as ToastContent,
  UNSTABLE_ToastRegion as ToastRegion,
} from 'react-aria-components';
import { toastQueue } from '../state/toasts.ts';
import { Button, IconButton } from './Button.tsx';
import css from './Shared.module.css';

export function Toasts() {
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
