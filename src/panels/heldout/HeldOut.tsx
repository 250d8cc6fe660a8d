/** What the run brought on images that it did not learn from: AP by layer and class, and who was taken for whom. */
import { useMemo, useState, type ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { allPairings, cellOf } from '../../lib/confusion';
import type { RunInfo } from '../../lib/training';
import type { LayerId } from '../../lib/types';
import { useAppState, useTraining } from '../../state/react';
import { shownRun, shownSeries } from '../../state/training-select';
import { Segmented } from '../../ui/Segmented';
import { ApTable, ClassTable } from './ApTables';
import { Boxes } from './Boxes';
import { Confusion } from './Confusion';
import styles from './heldout.module.css';
import { labelledOf } from './labelled';

export function HeldOut(): ReactNode {
  const { t } = useTranslation();
  const run = useTraining(shownRun);
  const series = useTraining(shownSeries);
  // Grows in place: its length says that there is something new.
  const measured = useTraining((state) => shownSeries(state)?.evaluations.length ?? 0);
  const [layer, setLayer] = useState<number | null>(null);
  const evaluations = series?.evaluations;
  const [before, now] = [evaluations?.[0], evaluations?.[measured - 1]];
  if (!run || !before || !now) return <p className={styles['none']}>{t('heldout.none')}</p>;
  const last = now.layers.length - 1;
  const at = Math.min(layer ?? last, last);
  const nameOf = (id: LayerId): string =>
    id === 'select' ? t('layers.selectShort') : t('layers.layer', { number: id });
  return (
    <section className={styles['panel']} aria-label={t('heldout.title')}>
      <ApTable before={before} now={now} nameOf={nameOf} />
      <div className={styles['line']}>
        <span>{t('layers.choose')}</span>
        <Segmented
          label={t('layers.choose')}
          value={String(at)}
          options={now.layers.map(({ layer: id }, index) => ({ value: String(index), label: nameOf(id) }))}
          onChange={(value) => setLayer(Number(value))}
        />
      </div>
      <ClassTable before={before} now={now} layer={at} />
      <Mistakes run={run} layer={at} />
    </section>
  );
}

function Mistakes({ run, layer }: { run: RunInfo; layer: number }): ReactNode {
  const { t } = useTranslation();
  const view = useTraining((state) => state.heldOut[run.id]);
  const labels = useTraining((state) => state.heldOutLabels[run.id]);
  const threshold = useAppState((state) => state.threshold);
  const [when, setWhen] = useState<'before' | 'now'>('now');
  const [cell, setCell] = useState<[number, number] | null>(null);
  const detections = view?.[when];
  const pairings = useMemo(
    () => (detections && labels ? allPairings(labelledOf(detections, labels), { layer, threshold }) : []),
    [detections, labels, layer, threshold],
  );
  const classes = run.classes.length;
  const chosen = cell
    ? pairings.filter((pairing) => {
        const [row, column] = cellOf(pairing, classes);
        return row === cell[0] && column === cell[1];
      })
    : [];
  if (!detections || !labels) return <p className={styles['muted']}>{t('heldout.noDetections')}</p>;
  return (
    <div className={styles['mistakes']}>
      <div className={styles['line']}>
        <h2>{t('heldout.confusion')}</h2>
        <Segmented<'before' | 'now'>
          label={t('heldout.when')}
          value={when}
          options={[
            { value: 'before', label: t('train.before') },
            { value: 'now', label: t('heldout.step', { step: view.now?.step ?? 0 }) },
          ]}
          onChange={setWhen}
        />
      </div>
      <p className={styles['muted']}>{t('heldout.confusionNote', { threshold: threshold.toFixed(2) })}</p>
      <Confusion pairings={pairings} names={run.classes} chosen={cell} onChoose={setCell} />
      {cell ? <Boxes pairings={chosen} labels={labels} names={run.classes} detections={detections} /> : null}
    </div>
  );
}
