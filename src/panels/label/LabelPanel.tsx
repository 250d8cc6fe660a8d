/** Everything about labels that is not drawn on the image: classes, boxes in numbers, split, files. */
import type { ReactNode } from 'react';
import { PencilRuler, Redo2, Undo2 } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { switchMode } from '../../state/label-actions';
import { useAppStore, useLabels, useLabelStore } from '../../state/react';
import { Button, IconButton } from '../../ui/Button';
import { ClassList } from './ClassList';
import { ImageLabels } from './ImageLabels';
import { LabelFiles } from './LabelFiles';
import styles from './label.module.css';
import { SplitInfo } from './SplitInfo';

export function LabelPanel(): ReactNode {
  const { t } = useTranslation();
  const stores = { app: useAppStore(), labels: useLabelStore() };
  const mode = useLabels((state) => state.mode);
  return (
    <section className={styles['panel']} aria-label={t('label.title')}>
      <header className={styles['head']}>
        <History />
        <LabelFiles />
      </header>
      <div className={styles['scroll']}>
        {mode === 'detect' ? (
          <Button className={styles['start']!} onClick={() => switchMode(stores, 'label')}>
            <PencilRuler />
            {t('label.start')}
          </Button>
        ) : null}
        <ClassList />
        <ImageLabels />
        <SplitInfo />
      </div>
    </section>
  );
}

function History(): ReactNode {
  const { t } = useTranslation();
  const labels = useLabelStore();
  const canUndo = useLabels((state) => state.canUndo);
  const canRedo = useLabels((state) => state.canRedo);
  return (
    <div className={styles['history']}>
      <IconButton label={t('label.undo')} shortcut="Ctrl Z" disabled={!canUndo} onClick={labels.getState().undo}>
        <Undo2 />
      </IconButton>
      <IconButton label={t('label.redo')} shortcut="Ctrl Shift Z" disabled={!canRedo} onClick={labels.getState().redo}>
        <Redo2 />
      </IconButton>
    </div>
  );
}
