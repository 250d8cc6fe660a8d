/** Files, a folder, samples, the camera. Pasting and dropping work anywhere on the page. */
import { useRef, type ReactNode } from 'react';
import { Camera, FolderOpen, ImagePlus, Images as Pictures, Video } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { useAppState, useCommands } from '../../state/react';
import { SAMPLES } from '../../state/samples';
import { Button, IconButton } from '../../ui/Button';
import { FileInput } from '../../ui/FileInput';
import { Menu, MenuItem } from '../../ui/Menu';
import styles from './images.module.css';

export function AddImages(): ReactNode {
  const { t } = useTranslation();
  const commands = useCommands();
  const files = useRef<HTMLInputElement>(null);
  const folder = useRef<HTMLInputElement>(null);
  const add = (picked: File[]): void => commands.addItems(picked, 'file');
  return (
    <div className={styles['add']} role="group" aria-label={t('images.add')}>
      <FileInput ref={files} label={t('images.filesInput')} accept="image/*,.zip,.safetensors,.json" onFiles={add} />
      <FileInput ref={folder} label={t('images.folderInput')} pick="folder" onFiles={add} />
      <Button className={styles['main']!} aria-label={t('images.open')} onClick={() => files.current?.click()}>
        <ImagePlus />
        <span>{t('images.open')}</span>
      </Button>
      <div className={styles['ways']}>
        <IconButton label={t('images.folder')} onClick={() => folder.current?.click()}>
          <FolderOpen />
        </IconButton>
        <Menu
          trigger={
            <IconButton label={t('images.samples')}>
              <Pictures />
            </IconButton>
          }
        >
          {SAMPLES.map((name) => (
            <MenuItem key={name} onSelect={() => commands.addSample(name)}>
              {t(`samples.${name}`)}
            </MenuItem>
          ))}
        </Menu>
        <IconButton label={t('images.webcam')} onClick={commands.addWebcamFrame}>
          <Camera />
        </IconButton>
        <LiveButton />
      </div>
    </div>
  );
}

/** Whether the camera is live. */
function LiveButton(): ReactNode {
  const { t } = useTranslation();
  const commands = useCommands();
  const isLive = useAppState((state) => state.live !== null);
  return (
    <IconButton
      label={t('images.live')}
      aria-pressed={isLive}
      onClick={isLive ? commands.stopLive : commands.startLive}
    >
      <Video />
    </IconButton>
  );
}
