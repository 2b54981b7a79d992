/** A batch's pause: whoever holds it stops new sending and lets it go on; what is on its way is still heard. */
export interface Pause {
  readonly isOn: boolean;
  on(): void;
  off(): void;
  /** Calls back at each change. */
  listen(changed: () => void): void;
}

export function createPause(): Pause {
  let isOn = false;
  const listeners: (() => void)[] = [];
  const become = (next: boolean): void => {
    if (isOn === next) return;
    isOn = next;
    for (const changed of listeners) changed();
  };
  return {
    get isOn() {
      return isOn;
    },
    on: () => become(true),
    off: () => become(false),
    listen: (changed) => void listeners.push(changed),
  };
}
