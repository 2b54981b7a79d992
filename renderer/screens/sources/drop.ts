/** A folder or file that is dropped on the window, wherever on it: a small target is easily missed. */
import { useEffect, useRef, useState } from 'react';
import { bridge } from '../../client/bridge.ts';

/**
 * @param onPath takes the path of what was dropped; '' where the host does not tell paths
 * @returns whether something is being held over the window
 */
export function useDrop(onPath: (path: string) => void): boolean {
  const [isOver, setOver] = useState(false);
  const latest = useRef(onPath);
  useEffect(() => {
    latest.current = onPath;
  });
  useEffect(() => {
    const hasFiles = (event: DragEvent): boolean => event.dataTransfer?.types.includes('Files') === true;
    const over = (event: DragEvent): void => {
      if (!hasFiles(event)) return;
      event.preventDefault();
      setOver(true);
    };
    const leave = (event: DragEvent): void => {
      // Of the window, not of an element in it.
      if (event.relatedTarget === null) setOver(false);
    };
    const drop = (event: DragEvent): void => {
      if (!hasFiles(event)) return;
      event.preventDefault();
      setOver(false);
      const [file] = event.dataTransfer?.files ?? [];
      if (file !== undefined) latest.current(bridge.getPathForFile(file));
    };
    window.addEventListener('dragover', over);
    window.addEventListener('dragleave', leave);
    window.addEventListener('drop', drop);
    return () => {
      window.removeEventListener('dragover', over);
      window.removeEventListener('dragleave', leave);
      window.removeEventListener('drop', drop);
    };
  }, []);
  return isOver;
}
