/** Copies or saves what is shown: the threshold and the layer of the moment. */
import type { ReactNode } from 'react';
import { Copy, Download } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import type { ExportFormat } from '../../state/commands';
import { useAppState, useCommands } from '../../state/react';
import { IconButton } from '../../ui/Button';
import { Menu, MenuHeading, MenuItem } from '../../ui/Menu';
import styles from './detections.module.css';

const TABLES: readonly ExportFormat[] = ['json', 'csv', 'coco'];

export function SaveMenu({ disabled }: { disabled: boolean }): ReactNode {
  const { t } = useTranslation();
  const commands = useCommands();
  const several = useAppState((state) => Object.keys(state.results).length > 1);
  const items = (act: (format: ExportFormat) => void, formats: readonly ExportFormat[]): ReactNode =>
    formats.map((format) => (
      <MenuItem key={format} onSelect={() => act(format)}>
        {t(`formats.${format}`)}
      </MenuItem>
    ));
  return (
    <div className={styles['actions']}>
      <Menu
        trigger={
          <IconButton label={t('detections.copy')} disabled={disabled}>
            <Copy />
          </IconButton>
        }
      >
        {items((format) => commands.copy(format, 'image'), [...TABLES, 'png'])}
      </Menu>
      <Menu
        trigger={
          <IconButton label={t('detections.save')} disabled={disabled}>
            <Download />
          </IconButton>
        }
      >
        <MenuHeading>{t('detections.thisImage')}</MenuHeading>
        {items((format) => commands.save(format, 'image'), [...TABLES, 'png'])}
        {several ? <MenuHeading>{t('detections.allImages')}</MenuHeading> : null}
        {several ? items((format) => commands.save(format, 'all'), TABLES) : null}
      </Menu>
    </div>
  );
}
