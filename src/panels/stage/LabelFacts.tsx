/** The box under the pointer or the selected one in numbers; else how a box is made. */
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { useAppState, useLabels } from '../../state/react';
import { labelColour, sizeText } from '../../ui/drawing/label-scene';
import styles from './stage.module.css';

export function LabelFacts(): ReactNode {
  const { t } = useTranslation();
  const image = useAppState((state) => state.currentImage);
  const shown = useLabels((state) => {
    const id = state.hoveredBox ?? state.selectedBox;
    return id === null || image === null ? undefined : state.items[image]?.boxes.find((box) => box.id === id);
  });
  const its = useLabels((state) => state.classes.find(({ id }) => id === shown?.classId));
  if (!shown || !its) return <span className={`${styles['muted']} ${styles['hint']}`}>{t('label.drawHint')}</span>;
  return (
    <span className={styles['facts']} data-query>
      <i className={styles['swatch']} style={{ background: labelColour(its) }} />
      <span>{its.name}</span>
      <span className={styles['muted']}>
        {t('label.boxFacts', { size: sizeText(shown.box), box: shown.box.map((edge) => Math.round(edge)).join(', ') })}
      </span>
    </span>
  );
}
