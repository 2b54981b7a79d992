/** One question for a path at a time, answered by the dialog in components/PathChooser.tsx. */
import { create } from 'zustand';

export type PathQuestion =
  | { readonly kind: 'folder' }
  | { readonly kind: 'file'; readonly endings: readonly string[] }
  | { readonly kind: 'save'; readonly suggestedName: string };

interface Asked {
  readonly question: PathQuestion;
  readonly answer: (path: string | null) => void;
}

export const usePathChooser = create<{ readonly asked: Asked | undefined }>(() => ({ asked: undefined }));

/** @returns the path that was chosen, or null */
export function choosePath(question: PathQuestion): Promise<string | null> {
  usePathChooser.getState().asked?.answer(null);
  return new Promise((resolve) => {
    const answer = (path: string | null): void => {
      usePathChooser.setState({ asked: undefined });
      resolve(path);
    };
    usePathChooser.setState({ asked: { question, answer } });
  });
}
