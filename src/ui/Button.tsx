/** Buttons: with words, or an icon with its name as tooltip and for screen readers. */
import type { ButtonHTMLAttributes, ReactNode, Ref } from 'react';
import { Tooltip } from 'radix-ui';
import styles from './controls.module.css';

type Native = ButtonHTMLAttributes<HTMLButtonElement> & { ref?: Ref<HTMLButtonElement> };

export function Button({ className = '', type = 'button', ...rest }: Native): ReactNode {
  return <button type={type} className={`${styles['button']} ${className}`} {...rest} />;
}

interface IconButtonProps extends Native {
  /** Its accessible name and tooltip. */
  label: string;
  /** The key that does the same. */
  shortcut?: string;
}

export function IconButton({ label, shortcut, className = '', children, ...rest }: IconButtonProps): ReactNode {
  return (
    <Tip text={shortcut ? `${label} (${shortcut})` : label}>
      <button type="button" aria-label={label} className={`${styles['icon']} ${className}`} {...rest}>
        {children}
      </button>
    </Tip>
  );
}

/** The number or name behind a picture, on hover and on focus. */
export function Tip({ text, children }: { text: ReactNode; children: ReactNode }): ReactNode {
  return (
    <Tooltip.Root>
      <Tooltip.Trigger asChild>{children}</Tooltip.Trigger>
      <Tooltip.Portal>
        <Tooltip.Content className={styles['tip']} sideOffset={6} collisionPadding={8}>
          {text}
        </Tooltip.Content>
      </Tooltip.Portal>
    </Tooltip.Root>
  );
}
