/** Things dropped or pasted anywhere on the page. */
import { useEffect, useState, type ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { useCommands } from '../state/react';
import { takesText } from '../ui/use-shortcuts';
import styles from './app.module.css';

const carriesFiles = (data: DataTransfer | null): data is DataTransfer => data?.types.includes('Files') ?? false;

export function DropZone(): ReactNode {
  const { t } = useTranslation();
  const commands = useCommands();
  const [over, setOver] = useState(false);

  useEffect(() => {
    const drag = (event: DragEvent): void => {
      if (!carriesFiles(event.dataTransfer)) return;
      event.preventDefault();
      event.dataTransfer.dropEffect = 'copy';
      setOver(true);
    };
    const leave = (event: DragEvent): void => {
      // Leaving the window has no related element; moving between elements has one.
      if (event.relatedTarget === null) setOver(false);
    };
    const drop = (event: DragEvent): void => {
      setOver(false);
      if (!carriesFiles(event.dataTransfer)) return;
      event.preventDefault();
      commands.addItems(event.dataTransfer, 'file');
    };
    const paste = (event: ClipboardEvent): void => {
      if (takesText(event.target) || !carriesFiles(event.clipboardData)) return;
      event.preventDefault();
      commands.addItems(event.clipboardData, 'paste');
    };
    const stop = new AbortController();
    const { signal } = stop;
    window.addEventListener('dragover', drag, { signal });
    window.addEventListener('dragleave', leave, { signal });
    window.addEventListener('drop', drop, { signal });
    window.addEventListener('paste', paste, { signal });
    return () => stop.abort();
  }, [commands]);

  if (!over) return null;
  return (
    <div className={styles['drop']} role="status">
      <p>
        <strong>{t('app.drop')}</strong>
        <br />
        {t('app.dropNote')}
      </p>
    </div>
  );
}
