/** A button that opens a short list of things to do. */
import type { ReactNode } from 'react';
import { DropdownMenu } from 'radix-ui';
import styles from './controls.module.css';

interface MenuProps {
  trigger: ReactNode;
  /** When it closes; `preventDefault` keeps the focus where it is. */
  onCloseAutoFocus?(event: Event): void;
  children: ReactNode;
}

export function Menu({ trigger, onCloseAutoFocus, children }: MenuProps): ReactNode {
  return (
    <DropdownMenu.Root modal={false}>
      <DropdownMenu.Trigger asChild>{trigger}</DropdownMenu.Trigger>
      <DropdownMenu.Portal>
        <DropdownMenu.Content
          className={styles['menu']}
          sideOffset={4}
          collisionPadding={8}
          align="end"
          {...(onCloseAutoFocus ? { onCloseAutoFocus } : {})}
        >
          {children}
        </DropdownMenu.Content>
      </DropdownMenu.Portal>
    </DropdownMenu.Root>
  );
}

export function MenuItem(props: { onSelect(): void; disabled?: boolean; children: ReactNode }): ReactNode {
  return (
    <DropdownMenu.Item className={styles['item']!} onSelect={props.onSelect} disabled={props.disabled ?? false}>
      {props.children}
    </DropdownMenu.Item>
  );
}

export function MenuHeading({ children }: { children: ReactNode }): ReactNode {
  return <DropdownMenu.Label className={styles['heading']!}>{children}</DropdownMenu.Label>;
}
