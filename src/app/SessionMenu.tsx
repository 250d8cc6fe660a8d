/** The whole session out as one file, and back. */
import { useRef, type ReactNode } from 'react';
import { Archive } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { useAppState, useCommands } from '../state/react';
import { IconButton } from '../ui/Button';
import { FileInput } from '../ui/FileInput';
import { Menu, MenuItem } from '../ui/Menu';

export function SessionMenu(): ReactNode {
  const { t } = useTranslation();
  const commands = useCommands();
  const input = useRef<HTMLInputElement>(null);
  const isWorking = useAppState((state) => state.sessionWork !== null);
  return (
    <>
      <FileInput
        ref={input}
        label={t('session.input')}
        accept=".zip,application/zip"
        pick="one"
        onFiles={([file]) => commands.openSession(file!)}
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
