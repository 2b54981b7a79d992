/** Where commands go: to the preload's functions in the desktop application, else to the loopback host. */
import type { Bridge } from '../../core/contract/bridge.ts';
import { createLoopbackBridge } from './loopback.ts';

declare global {
  interface Window {
    /** Put there by the preload; absent in a browser. */
    readonly rollbook?: Bridge;
  }
}

export const bridge: Bridge = window.rollbook ?? createLoopbackBridge();
