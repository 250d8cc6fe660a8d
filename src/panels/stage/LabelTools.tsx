/** What the keyboard does to labels, for hands without one. */
import type { ReactNode } from 'react';
import { CheckCheck, Redo2, Trash2, Undo2 } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { acceptPredictions, boxesOfCurrent, openPredictions, removeSelected } from '../../state/label-actions';
import { useAppState, useAppStore, useLabels, useLabelStore } from '../../state/react';
import { IconButton } from '../../ui/Button';
import styles from './stage.module.css';

export function LabelTools(): ReactNode {
  const { t } = useTranslation();
  const labels = useLabelStore();
  const stores = { app: useAppStore(), labels };
  const canUndo = useLabels((state) => state.canUndo);
  const canRedo = useLabels((state) => state.canRedo);
  const items = useLabels((state) => state.items);
  const selected = useLabels((state) => state.selectedBox);
  const open = useAppState((state) => openPredictions(state, boxesOfCurrent(state, { items })).length);
  return (
    <div className={styles['labelTools']} role="group" aria-label={t('label.tools')}>
      <IconButton label={t('label.undo')} shortcut="Ctrl Z" disabled={!canUndo} onClick={labels.getState().undo}>
        <Undo2 />
      </IconButton>
      <IconButton label={t('label.redo')} shortcut="Ctrl Shift Z" disabled={!canRedo} onClick={labels.getState().redo}>
        <Redo2 />
      </IconButton>
      <IconButton
        label={t('label.accept', { count: open })}
        shortcut="A"
        disabled={open === 0}
        onClick={() => acceptPredictions(stores)}
      >
        <CheckCheck />
      </IconButton>
      <IconButton
        label={t('label.deleteSelected')}
        shortcut="Del"
        disabled={selected === null}
        onClick={() => removeSelected(stores)}
      >
        <Trash2 />
      </IconButton>
    </div>
  );
}
