/** What scrolls by itself can be reached, and scrolled, by keyboard. */
import type { ReactNode } from 'react';

export function Scroll({
  label,
  className,
  children,
}: {
  readonly label: string;
  readonly className?: string | undefined;
  readonly children: ReactNode;
}) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: that it can have the focus is what it is for
    <section className={className} tabIndex={0} aria-label={label}>
      {children}
    </section>
  );
}
