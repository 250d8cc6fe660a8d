/** What the keyboard does; F1 or ? opens it. */
import { useMemo, useState, type ReactNode } from 'react';
import { Keyboard, X } from 'lucide-react';
import { Dialog } from 'radix-ui';
import { useTranslation } from 'react-i18next';
import { IconButton } from '../ui/Button';
import { useShortcuts } from '../ui/use-shortcuts';
import styles from './app.module.css';

const KEYS = [
  { keys: ['[', ']'], does: 'layers' },
  { keys: ['P'], does: 'play' },
  { keys: ['+', '-', '0'], does: 'zoom' },
  { keys: ['Space'], does: 'pan' },
  { keys: ['T'], does: 'trails' },
  { keys: ['V'], does: 'looked' },
  { keys: ['L'], does: 'mode' },
  { keys: ['C'], does: 'compare' },
  { keys: ['G'], does: 'tags' },
  { keys: ['Ctrl \u2190', 'Ctrl \u2192'], does: 'images' },
  { keys: ['\u2191', '\u2193'], does: 'rows' },
  { keys: ['Esc'], does: 'escape' },
  { keys: ['Del'], does: 'delete' },
  { keys: ['Ctrl V'], does: 'paste' },
  { keys: ['?', 'F1'], does: 'help' },
] as const;

const LABEL_KEYS = [
  { keys: ['1', '\u2026', '9'], does: 'class' },
  { keys: ['Ctrl Z'], does: 'undo' },
  { keys: ['Ctrl Shift Z'], does: 'redo' },
  { keys: ['Del'], does: 'remove' },
  { keys: ['Ctrl D'], does: 'duplicate' },
  { keys: ['Arrows'], does: 'nudge' },
  { keys: ['N'], does: 'again' },
  { keys: ['R'], does: 'repeat' },
  { keys: ['A'], does: 'accept' },
  { keys: ['Enter'], does: 'acceptOne' },
  { keys: ['Shift'], does: 'over' },
  { keys: ['Esc'], does: 'escape' },
] as const;

export function KeysDialog(): ReactNode {
  const { t } = useTranslation();
  const [open, setOpen] = useState(false);
  useShortcuts(
    useMemo(() => {
      const show = (): void => setOpen(true);
      return { '?': show, F1: show };
    }, []),
  );
  return (
    <Dialog.Root open={open} onOpenChange={setOpen}>
      <IconButton label={t('app.keys')} shortcut="?" className={styles['keys']!} onClick={() => setOpen(true)}>
        <Keyboard />
      </IconButton>
      <Dialog.Portal>
        <Dialog.Overlay className={styles['veil']} />
        <Dialog.Content className={styles['dialog']} aria-describedby={undefined} onOpenAutoFocus={focusItself}>
          <header>
            <Dialog.Title>{t('app.keys')}</Dialog.Title>
            <Dialog.Close asChild>
              <IconButton label={t('app.close')}>
                <X />
              </IconButton>
            </Dialog.Close>
          </header>
          <dl>
            {KEYS.map(({ keys, does }) => (
              <KeyRow key={does} keys={keys} does={t(`keys.${does}`)} />
            ))}
          </dl>
          <h3>{t('label.keysTitle')}</h3>
          <dl>
            {LABEL_KEYS.map(({ keys, does }) => (
              <KeyRow key={does} keys={keys} does={t(`label.keys.${does}`)} />
            ))}
          </dl>
        </Dialog.Content>
      </Dialog.Portal>
    </Dialog.Root>
  );
}

/** On the button, as Radix has it, its tooltip would open too and take the first Escape. */
function focusItself(event: Event): void {
  event.preventDefault();
  if (event.target instanceof HTMLElement) event.target.focus();
}

function KeyRow({ keys, does }: { keys: readonly string[]; does: string }): ReactNode {
  return (
    <div>
      <dt>
        {keys.map((key) => (
          <kbd key={key}>{key}</kbd>
        ))}
      </dt>
      <dd>{does}</dd>
    </div>
  );
}
