/** A tip on hover and on focus. It repeats or completes what is there; nothing has to be read in it. */
import type { ReactElement } from 'react';
import { Button, Tooltip, TooltipTrigger } from 'react-aria-components';
import css from './Tip.module.css';

/** Around one button or link. */
export function Tip({ text, children }: { readonly text: string; readonly children: ReactElement }) {
  return (
    <TooltipTrigger delay={500} closeDelay={100}>
      {children}
      <Tooltip className={css.tip ?? ''} offset={6}>
        {text}
      </Tooltip>
    </TooltipTrigger>
  );
}

/** Around plain text, which it makes reachable by Tab: the text is a button that shows its tip. */
export function TextTip({ text, children }: { readonly text: string; readonly children: string }) {
  return (
    <TooltipTrigger delay={200} closeDelay={100} shouldCloseOnPress={false}>
      <Button className={css.target ?? ''} aria-label={`${children} (${text})`}>
        {children}
      </Button>
      <Tooltip className={css.tip ?? ''} offset={6}>
        {text}
      </Tooltip>
    </TooltipTrigger>
  );
}
