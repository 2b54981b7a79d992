/** Short confirmations of what was done. What went wrong, and what has to be read, does not belong into a toast. */
import { UNSTABLE_ToastQueue as ToastQueue } from 'react-aria-components';

export interface Toast {
  readonly text: string;
  /** A way to walk it back. */
  readonly undo?: { readonly label: string; readonly act: () => void };
}

interface Shown extends Toast {
  /** When it was said, in milliseconds of the page's clock. */
  readonly at: number;
}

export const toastQueue = new ToastQueue<Shown>({ maxVisibleToasts: 3 });

const SHOWN_MS = 8_000;
const WITH_UNDO_MS = 15_000;

/** Says what was done: `The connection “north” was removed.` */
export function toast(text: string, undo?: Toast['undo']): void {
  const at = performance.now();
  toastQueue.add(undo === undefined ? { text, at } : { text, undo, at }, {
    timeout: undo === undefined ? SHOWN_MS : WITH_UNDO_MS,
  });
}

/** What was done just before going elsewhere is still read there. */
const SAID_BY_LEAVING_MS = 1_000;

/** The place has changed: what was said of the one before goes, unless it can be walked back. */
export function leaveToasts(): void {
  const before = performance.now() - SAID_BY_LEAVING_MS;
  for (const { key, content } of toastQueue.visibleToasts) {
    if (content.undo === undefined && content.at < before) toastQueue.close(key);
  }
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
