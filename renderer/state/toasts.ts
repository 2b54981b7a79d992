/** Short confirmations of what was done. What went wrong, and what has to be read, does not belong into a toast. */
import { UNSTABLE_ToastQueue as ToastQueue } from 'react-aria-components';

export interface Toast {
  readonly text: string;
  /** A way to walk it back. */
  readonly undo?: { readonly label: string; readonly act: () => void };
}

export const toastQueue = new ToastQueue<Toast>({ maxVisibleToasts: 3 });

const SHOWN_MS = 6_000;
const WITH_UNDO_MS = 15_000;

/** Says what was done: `The connection “north” was removed.` */
export function toast(text: string, undo?: Toast['undo']): void {
  toastQueue.add(undo === undefined ? { text } : { text, undo }, {
    timeout: undo === undefined ? SHOWN_MS : WITH_UNDO_MS,
  });
}

/** Copies a text and says so. @param what `The answer` */
export async function copyText(text: string, what: string): Promise<void> {
  try {
    await navigator.clipboard.writeText(text);
    toast(`${what} was copied.`);
  } catch {
    toast('The clipboard cannot be used here: select the text and copy it.');
  }
}
