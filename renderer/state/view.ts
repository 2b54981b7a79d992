/** What the screens remember while the window is open. The ledger is the truth; nothing of it is kept here. */
import { create } from 'zustand';

export type Density = 'normal' | 'compact';

export interface ViewState {
  readonly density: Density;
  setDensity(density: Density): void;
}

const DENSITY = 'rollbook-density';

export const useView = create<ViewState>((set) => ({
  density: localStorage.getItem(DENSITY) === 'compact' ? 'compact' : 'normal',
  setDensity(density) {
    localStorage.setItem(DENSITY, density);
    set({ density });
  },
}));
