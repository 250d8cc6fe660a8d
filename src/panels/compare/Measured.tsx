/** AP of both models on the images that are labelled here. */
import type { ReactNode } from 'react';
import { Ruler, X } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { SIDES, type Side } from '../../lib/compare-models';
import type { AppError } from '../../lib/errors';
import type { EvaluationResult } from '../../lib/types';
import { isError, type MeasuredPart } from '../../state/compare';
import { effectiveSplits, type LabelState } from '../../state/labels';
import { isLabelled } from '../../state/labels-data';
import { useAppState, useCommands, useCompare, useCompareStore, useLabels } from '../../state/react';
import { Button } from '../../ui/Button';
import { ErrorText } from '../../ui/ErrorText';
import { ProgressBar } from '../../ui/Meter';
import { Segmented } from '../../ui/Segmented';
import styles from './compare.module.css';

const PARTS: readonly MeasuredPart[] = ['all', 'val'];

function countLabelled(state: LabelState, images: readonly { id: string }[]): Record<MeasuredPart, number> {
  const splits = effectiveSplits(state);
  const all = images.filter(({ id }) => isLabelled(state.items[id]));
  return { all: all.length, val: all.filter(({ id }) => splits[id] === 'val').length };
}

export function Measured(): ReactNode {
  const { t } = useTranslation();
  const commands = useCommands();
  const store = useCompareStore();
  const images = useAppState((state) => state.images);
  const labels = useLabels((state) => state);
  const part = useCompare((state) => state.part);
  const ready = useCompare((state) => state.model !== null);
  const measure = useCompare((state) => state.measure);
  const counts = countLabelled(labels, images);
  return (
    <div>
      <h2>{t('compare.measured')}</h2>
      {counts.all === 0 ? (
        <p className={styles['muted']}>{t('compare.noLabels')}</p>
      ) : (
        <div className={styles['measure']}>
          <Segmented
            label={t('compare.part')}
            value={part}
            options={PARTS.map((value) => ({ value, label: t(`compare.parts.${value}`, { count: counts[value] }) }))}
            onChange={(next) => store.getState().setPart(next)}
          />
          <Button
            disabled={!ready || counts[part] === 0 || measure.state === 'running'}
            onClick={commands.measureCompared}
          >
            <Ruler />
            {t('compare.measure')}
          </Button>
        </div>
      )}
      {measure.state === 'running' ? <Running /> : null}
      {measure.state === 'done' ? <Figures sides={measure.sides} /> : null}
    </div>
  );
}

function Running(): ReactNode {
  const { t } = useTranslation();
  const commands = useCommands();
  const measure = useCompare((state) => state.measure);
  if (measure.state !== 'running') return null;
  const { side, progress } = measure;
  const text = progress ? t('images.progress', { done: progress.done, total: progress.total }) : t('model.starting');
  const half = side === 'left' ? 0 : 0.5;
  return (
    <div className={styles['running']}>
      <p>
        {t(`compare.sides.${side}`)}: {text}
      </p>
      <ProgressBar
        label={t('compare.measuring')}
        part={half + (progress && progress.total > 0 ? progress.done / progress.total / 2 : 0)}
        valueText={text}
      />
      <Button onClick={commands.cancelMeasure}>
        <X />
        {t('model.cancel')}
      </Button>
    </div>
  );
}

/** COCO's numbers are 0..1, and -1 where there was nothing to measure. */
const figure = (value: number | undefined): string =>
  value === undefined || !(value >= 0) ? '–' : (value * 100).toFixed(1);

function Figures({ sides }: { sides: Record<Side, EvaluationResult | AppError> }): ReactNode {
  const { t } = useTranslation();
  const left = useAppState((state) => state.model?.name);
  const right = useCompare((state) => state.model?.name);
  const names = { left, right };
  return (
    <>
      <table className={styles['table']} aria-label={t('compare.measured')}>
        <thead>
          <tr>
            <th scope="col">{t('catalogue.columns.name')}</th>
            <th scope="col">AP</th>
            <th scope="col">AP50</th>
            <th scope="col">{t('compare.images')}</th>
          </tr>
        </thead>
        <tbody>
          {SIDES.map((side) => (
            <FigureRow key={side} name={names[side] ?? ''} result={sides[side]} />
          ))}
        </tbody>
      </table>
      {SIDES.map((side) => {
        const result = sides[side];
        return isError(result) ? <ErrorText key={side} error={result} /> : null;
      })}
      <p className={styles['muted']}>{t('compare.measuredNote')}</p>
    </>
  );
}

function FigureRow({ name, result }: { name: string; result: EvaluationResult | AppError }): ReactNode {
  const last = isError(result) ? undefined : result.layers.at(-1);
  return (
    <tr>
      <th scope="row">{name}</th>
      <td>{figure(last?.AP)}</td>
      <td>{figure(last?.AP50)}</td>
      <td>{isError(result) ? '–' : result.images}</td>
    </tr>
  );
}
