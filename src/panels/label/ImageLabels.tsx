/** The labels of the image on the stage, and what is said of it as a whole. */
import type { ReactNode } from 'react';
import { CheckCheck, CircleCheck, CopyPlus, Eraser } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import {
  acceptPredictions,
  boxesOfCurrent,
  openPredictions,
  previousWithLabels,
  repeatPrevious,
} from '../../state/label-actions';
import { useAppState, useAppStore, useLabels, useLabelStore } from '../../state/react';
import { Button, IconButton } from '../../ui/Button';
import { BoxList } from './BoxList';
import styles from './label.module.css';
import { SplitChoice } from './SplitChoice';

export function ImageLabels(): ReactNode {
  const { t } = useTranslation();
  const image = useAppState((state) => state.currentImage);
  return (
    <section className={styles['part']} aria-label={t('label.thisImage')}>
      <h2>{t('label.thisImage')}</h2>
      {image === null ? (
        <p className={styles['muted']}>{t('label.noImage')}</p>
      ) : (
        <>
          <ImageActions image={image} />
          <BoxList image={image} />
          <SplitChoice image={image} />
        </>
      )}
    </section>
  );
}

function ImageActions({ image }: { image: string }): ReactNode {
  const { t } = useTranslation();
  const stores = { app: useAppStore(), labels: useLabelStore() };
  const items = useLabels((state) => state.items);
  const reviewed = items[image]?.reviewed ?? false;
  const isEmpty = (items[image]?.boxes.length ?? 0) === 0 && !reviewed;
  const open = useAppState((state) => openPredictions(state, boxesOfCurrent(state, { items })).length);
  const previous = useAppState((state) => previousWithLabels(state, { items }));
  const { setReviewed, clearImage } = stores.labels.getState();
  return (
    <div className={styles['actions']}>
      <Button disabled={open === 0} onClick={() => acceptPredictions(stores)}>
        <CheckCheck />
        {t('label.acceptShort', { count: open })}
      </Button>
      <Button disabled={previous === null} title={t('label.repeatHint')} onClick={() => repeatPrevious(stores)}>
        <CopyPlus />
        {t('label.repeat')}
      </Button>
      <Button
        className={styles['toggle']!}
        aria-pressed={reviewed}
        title={t('label.reviewedHint')}
        onClick={() => setReviewed(image, !reviewed)}
      >
        <CircleCheck />
        {t('label.reviewed')}
      </Button>
      <IconButton label={t('label.clear')} disabled={isEmpty} onClick={() => clearImage(image)}>
        <Eraser />
      </IconButton>
    </div>
  );
}
