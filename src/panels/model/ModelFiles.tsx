/** Opens a checkpoint folder from disk; dropping it anywhere on the page does the same. */
import { useRef, type ChangeEvent, type ReactNode } from 'react';
import { FolderOpen } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { useCommands } from '../../state/react';
import { Button } from '../../ui/Button';
import styles from './model.module.css';

export function ModelFiles(): ReactNode {
  const { t } = useTranslation();
  const commands = useCommands();
  const input = useRef<HTMLInputElement>(null);
  const take = (event: ChangeEvent<HTMLInputElement>): void => {
    const files = [...(event.currentTarget.files ?? [])];
    event.currentTarget.value = '';
    if (files.length > 0) commands.addItems(files, 'file');
  };
  return (
    <div>
      <h2>{t('model.disk')}</h2>
      <input
        ref={input}
        type="file"
        multiple
        className="unseen"
        tabIndex={-1}
        aria-label={t('model.filesInput')}
        {...{ webkitdirectory: '' }}
        onChange={take}
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
