/** The whole session out as one file, and back. */
import { useRef, type ChangeEvent, type ReactNode } from 'react';
import { Archive } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { useAppState, useCommands } from '../state/react';
import { IconButton } from '../ui/Button';
import { Menu, MenuItem } from '../ui/Menu';

export function SessionMenu(): ReactNode {
  const { t } = useTranslation();
  const commands = useCommands();
  const input = useRef<HTMLInputElement>(null);
  const isWorking = useAppState((state) => state.sessionWork !== null);
  const take = (event: ChangeEvent<HTMLInputElement>): void => {
    const [picked] = event.currentTarget.files ?? [];
    // Emptied, so that the same file can be picked again.
    event.currentTarget.value = '';
    if (picked) commands.openSession(picked);
  };
  return (
    <>
      <input
        ref={input}
        type="file"
        className="unseen"
        tabIndex={-1}
        aria-label={t('session.input')}
        accept=".zip,application/zip"
        onChange={take}
      />
      <Menu
        trigger={
          <IconButton label={t('session.menu')}>
            <Archive />
          </IconButton>
        }
      >
        <MenuItem disabled={isWorking} onSelect={commands.saveSession}>
          {t('session.save')}
        </MenuItem>
        <MenuItem disabled={isWorking} onSelect={() => input.current?.click()}>
          {t('session.open')}
        </MenuItem>
      </Menu>
    </>
  );
}
