/** The boxes behind a cell of the confusion matrix, each as a crop of its image. */
import { useEffect, useRef, useState, type ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import type { Pairing } from '../../lib/confusion';
import type { HeldOutDetections } from '../../lib/training';
import { useAppState, useAppStore, useCommands, useTrainingStore } from '../../state/react';
import type { HeldOutLabels } from '../../state/training';
import { Button } from '../../ui/Button';
import { cropAround, drawCrop } from '../../ui/drawing/crop';
import styles from './heldout.module.css';

/** Crops are decoded one image at a time; nobody looks at thousands at once. */
const FIRST_SHOWN = 24;

interface BoxesProps {
  pairings: readonly Pairing[];
  labels: HeldOutLabels;
  names: readonly string[];
  detections: HeldOutDetections;
}

export function Boxes({ pairings, labels, names, detections }: BoxesProps): ReactNode {
  const { t } = useTranslation();
  const [shown, setShown] = useState(FIRST_SHOWN);
  return (
    <>
      <ul className={styles['boxes']}>
        {pairings.slice(0, shown).map((pairing, index) => (
          <Box
            key={`${pairing.image}/${pairing.found?.query ?? ''}/${index}`}
            pairing={pairing}
            image={labels[pairing.image]?.name ?? pairing.image}
            names={names}
            size={detections.images[pairing.image] ?? { width: 1, height: 1 }}
          />
        ))}
      </ul>
      {pairings.length > shown ? (
        <Button onClick={() => setShown(shown + FIRST_SHOWN)}>
          {t('heldout.more', { count: pairings.length - shown })}
        </Button>
      ) : null}
    </>
  );
}

interface BoxProps {
  pairing: Pairing;
  image: string;
  names: readonly string[];
  size: { width: number; height: number };
}

function Box({ pairing, image, names, size }: BoxProps): ReactNode {
  const { t } = useTranslation();
  const store = useAppStore();
  const training = useTrainingStore();
  const isHere = useAppState((state) => state.images.some(({ id }) => id === pairing.image));
  const show = (): void => {
    store.getState().showImage(pairing.image);
    // Big panels would cover the stage that this is to show.
    training.getState().setWide(false);
  };
  const { found, iou } = pairing;
  return (
    <li>
      <button type="button" disabled={!isHere} onClick={show} aria-label={t('heldout.show', { name: image })}>
        <Crop pairing={pairing} names={names} size={size} />
        <span>
          {image}
          <small>
            {found
              ? t('heldout.found', { score: found.score.toFixed(2), iou: iou.toFixed(2) })
              : t('heldout.missedBox')}
          </small>
        </span>
      </button>
    </li>
  );
}

function Crop({ pairing, names, size }: Omit<BoxProps, 'image'>): ReactNode {
  const canvas = useRef<HTMLCanvasElement>(null);
  const commands = useCommands();
  useEffect(() => {
    let isGone = false;
    const crop = cropAround(pairing, size);
    const draw = (bitmap: ImageBitmap | null): void => {
      if (!isGone && canvas.current) drawCrop(canvas.current, bitmap, crop, pairing, names, size);
    };
    const picture = commands.picture(pairing.image);
    if (picture)
      picture.then(
        ({ bitmap }) => draw(bitmap),
        () => draw(null),
      );
    else draw(null);
    return () => {
      isGone = true;
    };
  }, [pairing, names, size, commands]);
  return <canvas ref={canvas} aria-hidden="true" />;
}
