/** The strip of images and the ways to add more. */
import { useMemo, type ReactNode } from 'react';
import { Trash2, X } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { useAppState, useAppStore, useCommands } from '../../state/react';
import { IconButton } from '../../ui/Button';
import { ProgressBar } from '../../ui/Meter';
import { useShortcuts } from '../../ui/use-shortcuts';
import { AddImages } from './AddImages';
import styles from './images.module.css';
import { Thumbnail } from './Thumbnail';

export function Images(): ReactNode {
  const { t } = useTranslation();
  const store = useAppStore();
  const commands = useCommands();
  const images = useAppState((state) => state.images);
  useShortcuts(
    useMemo(
      () => ({
        'Ctrl+ArrowLeft': () => store.getState().stepImage(-1),
        'Ctrl+ArrowRight': () => store.getState().stepImage(1),
        Delete: () => {
          const { currentImage } = store.getState();
          if (currentImage) commands.removeImage(currentImage);
        },
      }),
      [store, commands],
    ),
  );
  return (
    <section className={styles['images']} aria-label={t('images.title')}>
      <AddImages />
      <ol className={styles['strip']} aria-label={t('images.strip')}>
        {images.map((item) => (
          <Thumbnail key={item.id} item={item} />
        ))}
      </ol>
      <QueueProgress />
      <IconButton label={t('images.clear')} onClick={commands.clearImages} disabled={images.length === 0}>
        <Trash2 />
      </IconButton>
    </section>
  );
}

/** Appears beside the strip while more than one image is worked on; its place is kept free. */
function QueueProgress(): ReactNode {
  const { t } = useTranslation();
  const commands = useCommands();
  const { done, total } = useAppState((state) => state.queue);
  if (total < 2) return null;
  const text = t('images.progress', { done, total });
  return (
    <div className={styles['queue']}>
      <div>
        <span>{text}</span>
        <ProgressBar label={t('images.progressLabel')} part={done / total} valueText={text} />
      </div>
      <IconButton label={t('images.cancel')} onClick={commands.cancelImages}>
        <X />
      </IconButton>
    </div>
  );
}
