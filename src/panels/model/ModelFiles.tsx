/** Opens a checkpoint folder from disk; dropping it anywhere on the page does the same. */
import { useRef, type ReactNode } from 'react';
import { FolderOpen } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { useCommands } from '../../state/react';
import { Button } from '../../ui/Button';
import { FileInput } from '../../ui/FileInput';
import styles from './model.module.css';

export function ModelFiles(): ReactNode {
  const { t } = useTranslation();
  const commands = useCommands();
  const input = useRef<HTMLInputElement>(null);
  return (
    <div>
      <h2>{t('model.disk')}</h2>
      <FileInput
        ref={input}
        label={t('model.filesInput')}
        pick="folder"
        onFiles={(files) => commands.addItems(files, 'file')}
      />
      <div className={styles['line']}>
        <p className={styles['muted']}>{t('model.diskNote')}</p>
        <Button onClick={() => input.current?.click()}>
          <FolderOpen />
          {t('model.openFolder')}
        </Button>
      </div>
    </div>
  );
}
