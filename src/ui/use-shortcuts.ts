/** Keys that work anywhere on the page, unless the focused control uses them itself. */
import { useEffect } from 'react';

/** By KeyboardEvent.key, with "Ctrl+" before it where Control (or Command) is held: "[", "Ctrl+ArrowLeft". */
export type Shortcuts = Record<string, () => void>;

/** Controls that take text keep every key; others say that they used a key by preventDefault. */
export function takesText(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && target.matches('input, textarea, select, [contenteditable="true"]');
}

export function shortcutName(event: Pick<KeyboardEvent, 'key' | 'ctrlKey' | 'metaKey'>): string {
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  return event.ctrlKey || event.metaKey ? `Ctrl+${key}` : key;
}

export function useShortcuts(shortcuts: Shortcuts): void {
  useEffect(() => {
    const press = (event: KeyboardEvent): void => {
      if (event.defaultPrevented || event.altKey || takesText(event.target)) return;
      const act = shortcuts[shortcutName(event)];
      if (!act) return;
      event.preventDefault();
      act();
    };
    window.addEventListener('keydown', press);
    return () => window.removeEventListener('keydown', press);
  }, [shortcuts]);
}
