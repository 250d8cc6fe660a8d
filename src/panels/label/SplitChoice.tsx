/** Whether an image teaches, is held out, or is left aside. */
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { effectiveSplits } from '../../state/labels';
import { useLabels, useLabelStore } from '../../state/react';
import { Segmented } from '../../ui/Segmented';
import styles from './label.module.css';

const CHOICES = ['auto', 'train', 'val', 'none'] as const;

export function SplitChoice({ image }: { image: string }): ReactNode {
  const { t } = useTranslation();
  const labels = useLabelStore();
  const chosen = useLabels((state) => state.splits[image] ?? 'auto');
  const effective = useLabels((state) => effectiveSplits(state)[image]);
  const nameOf = (choice: (typeof CHOICES)[number]): string =>
    choice === 'auto' && chosen === 'auto' && effective
      ? t('label.splitOf', { part: t(`label.splits.${effective}`) })
      : t(`label.splits.${choice}`);
  return (
    <div className={styles['split']}>
      <Segmented
        label={t('label.split')}
        value={chosen}
        options={CHOICES.map((value) => ({ value, label: nameOf(value) }))}
        onChange={(split) => labels.getState().setSplit(image, split)}
      />
    </div>
  );
}
