/** Buttons, and links that look like them. One primary a screen; danger only in a dialog that has said what it will do. */
import type { ReactNode, Ref } from 'react';
import { Button as AriaButton, type ButtonProps as AriaButtonProps, Link } from 'react-aria-components';
import css from './Button.module.css';
import { Icon, type IconName } from './icons.tsx';
import { Tip } from './Tip.tsx';

export type ButtonLook = 'primary' | 'secondary' | 'quiet' | 'danger';

export interface ButtonProps extends Omit<AriaButtonProps, 'className' | 'style' | 'children'> {
  readonly look?: ButtonLook;
  readonly icon?: IconName;
  /** It does what it was pressed for: it cannot be pressed again, and says so to a screen reader. */
  readonly isBusy?: boolean;
  readonly ref?: Ref<HTMLButtonElement>;
  readonly children: ReactNode;
}

const classOf = (look: ButtonLook): string => `${css.button} ${css[look]}`;

/**
 * Busy is not react-aria's isPending: that announces by elements which name others, and is left naming nothing when the
 * button goes away with the answer.
 */
export function Button({ look = 'secondary', icon, isBusy = false, children, onPress, type, ...rest }: ButtonProps) {
  const acts = isBusy
    ? ({ type: 'button', 'aria-disabled': true } as const)
    : { ...(onPress === undefined ? {} : { onPress }), ...(type === undefined ? {} : { type }) };
  return (
    <AriaButton {...rest} {...acts} className={`${classOf(look)} ${isBusy ? css.busy : ''}`}>
      {isBusy ? <span className={css.spin} aria-hidden="true" /> : icon !== undefined && <Icon name={icon} />}
      {children}
      {isBusy && <span className="visually-hidden">, under way</span>}
    </AriaButton>
  );
}

export interface IconButtonProps extends Omit<AriaButtonProps, 'className' | 'style' | 'children' | 'aria-label'> {
  readonly icon: IconName;
  /** What it does, for a screen reader and as a tip. */
  readonly label: string;
}

export function IconButton({ icon, label, ...rest }: IconButtonProps) {
  return (
    <Tip text={label}>
      <AriaButton {...rest} aria-label={label} className={`${css.button} ${css.icon}`}>
        <Icon name={icon} />
      </AriaButton>
    </Tip>
  );
}

/** Goes to another screen. `href` from app/routes.ts (`hrefOf`). */
export function LinkButton({
  href,
  look = 'secondary',
  icon,
  children,
}: {
  readonly href: string;
  readonly look?: ButtonLook;
  readonly icon?: IconName;
  readonly children: ReactNode;
}) {
  return (
    <Link href={href} className={classOf(look)}>
      {icon !== undefined && <Icon name={icon} />}
      {children}
    </Link>
  );
}
