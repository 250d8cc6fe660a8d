/** Labels in from files and out to files. */
import { useRef, type ReactNode } from 'react';
import { Download, Upload } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import type { LabelFormat } from '../../state/label-files';
import { useCommands, useLabels } from '../../state/react';
import { Button } from '../../ui/Button';
import { FileInput } from '../../ui/FileInput';
import { Menu, MenuHeading, MenuItem } from '../../ui/Menu';
import styles from './label.module.css';

const FORMATS: readonly LabelFormat[] = ['coco', 'yolo', 'voc'];

export function LabelFiles(): ReactNode {
  return (
    <div className={styles['files']}>
      <ImportButton />
      <ExportMenu />
    </div>
  );
}

function ImportButton(): ReactNode {
  const { t } = useTranslation();
  const commands = useCommands();
  const input = useRef<HTMLInputElement>(null);
  return (
    <>
      <FileInput
        ref={input}
        label={t('label.importInput')}
        accept=".json,.txt,.xml,.yaml,.yml,.zip,image/*"
        onFiles={(files) => commands.addItems(files, 'file')}
      />
      <Button aria-label={t('label.importLong')} title={t('label.importLong')} onClick={() => input.current?.click()}>
        <Upload />
        {t('label.import')}
      </Button>
    </>
  );
}

function ExportMenu(): ReactNode {
  const { t } = useTranslation();
  const commands = useCommands();
  const isEmpty = useLabels((state) => state.classes.length === 0 && Object.keys(state.items).length === 0);
  const items = (images: boolean): ReactNode =>
    FORMATS.map((format) => (
      <MenuItem key={format} onSelect={() => commands.saveLabels(format, { images })}>
        {t(`label.formats.${format}`)}
      </MenuItem>
    ));
  return (
    <Menu
      trigger={
        <Button aria-label={t('label.exportLong')} disabled={isEmpty}>
          <Download />
          {t('label.export')}
        </Button>
      }
    >
      <MenuHeading>{t('label.exportLabels')}</MenuHeading>
      {items(false)}
      <MenuHeading>{t('label.exportWithImages')}</MenuHeading>
      {items(true)}
    </Menu>
  );
}
