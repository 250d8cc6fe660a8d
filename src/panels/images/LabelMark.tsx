/** What an image's thumbnail says of its labels: their number, whether it is complete, which part of the split it is in. */
import type { ReactNode } from 'react';
import { CircleCheck, Shapes } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { effectiveSplits } from '../../state/labels';
import { useLabels } from '../../state/react';
import styles from './images.module.css';

interface ImageMarks {
  count: number;
  reviewed: boolean;
  /** Null until it is labelled and assigned. */
  split: 'train' | 'val' | 'none' | null;
}

function useMarks(image: string): ImageMarks {
  const count = useLabels((state) => state.items[image]?.boxes.length ?? 0);
  const reviewed = useLabels((state) => state.items[image]?.reviewed ?? false);
  const split = useLabels((state) => effectiveSplits(state)[image] ?? null);
  return { count, reviewed, split: count > 0 || reviewed ? split : null };
}

/** The same in words, empty for an image without labels. */
export function useLabelWords(image: string): string[] {
  const { t } = useTranslation();
  const { count, reviewed, split } = useMarks(image);
  return [
    ...(count > 0 ? [t('label.thumb.labels', { count })] : []),
    ...(reviewed ? [t('label.thumb.reviewed')] : []),
    ...(split ? [t(`label.splits.${split}`)] : []),
  ];
}

export function LabelMark({ image }: { image: string }): ReactNode {
  const { t } = useTranslation();
  const { count, reviewed, split } = useMarks(image);
  if (count === 0 && !reviewed) return null;
  return (
    <>
      {split ? (
        <span className={styles['part']} aria-hidden="true">
          {t(`label.splits.${split}`)}
        </span>
      ) : null}
      <span className={styles['labels']} aria-hidden="true">
        {reviewed ? <CircleCheck /> : <Shapes />}
        {count}
      </span>
    </>
  );
}
