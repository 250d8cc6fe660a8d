/** What one path through a layer found and earned. */
import { memo, useMemo, type ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { unitBoxAt } from '../../lib/boxes';
import type { EpisodeOutcome, ImageLabels, RunInfo } from '../../lib/training';
import type { EpisodeScene } from '../../ui/drawing/episode';
import { advantageColour, PART_COLOURS, rewardBar } from '../../ui/drawing/episode-bars';
import styles from './episode.module.css';
import { EpisodeCanvas } from './EpisodeCanvas';

interface OutcomeProps extends Pick<RunInfo, 'classes' | 'settings'> {
  name: string;
  layerName: string;
  outcome: EpisodeOutcome;
  labels: ImageLabels;
  picture: ImageBitmap | null;
}

export const Outcome = memo(function Outcome(props: OutcomeProps): ReactNode {
  const { name, layerName, outcome, labels, picture, classes, settings } = props;
  const { t } = useTranslation();
  const scene = useMemo(() => sceneOf(outcome, labels, classes), [outcome, labels, classes]);
  const bar = rewardBar(outcome, settings);
  const numbers = t('episode.numbers', {
    reward: outcome.reward.toFixed(3),
    iou: outcome.iou.toFixed(3),
    accuracy: outcome.accuracy.toFixed(3),
    overlap: outcome.overlap.toFixed(3),
    extra: outcome.extra.toFixed(3),
    return: outcome.return.toFixed(3),
  });
  return (
    <div className={styles['outcome']}>
      <EpisodeCanvas scene={scene} picture={picture} label={`${layerName}, ${name}: ${numbers}`} />
      <div className={styles['bar']} title={numbers} aria-hidden="true">
        {bar.segments.map(({ part, from, to }) => (
          <i
            key={part}
            style={{ left: `${from * 100}%`, width: `${(to - from) * 100}%`, background: PART_COLOURS[part] }}
          />
        ))}
        <b style={{ left: `${bar.zero * 100}%` }} />
        {bar.reward === null ? null : <em style={{ left: `${bar.reward * 100}%` }} />}
      </div>
      <p className={styles['numbers']}>
        <span>{name}</span>
        <span title={t('episode.rewardLong')}>r {outcome.reward.toFixed(2)}</span>
        <span title={t('episode.returnLong')}>R {outcome.return.toFixed(2)}</span>
        {outcome.advantage === null ? null : (
          <span
            className={styles['advantage']}
            style={{ background: advantageColour(outcome.advantage) }}
            title={t('episode.advantageLong')}
          >
            A {outcome.advantage > 0 ? '+' : outcome.advantage < 0 ? '\u2212' : ''}
            {Math.abs(outcome.advantage).toFixed(2)}
          </span>
        )}
      </p>
    </div>
  );
});

function sceneOf(outcome: EpisodeOutcome, labels: ImageLabels, classes: readonly string[]): EpisodeScene {
  const nameOf = (index: number): string => classes[index] ?? `class ${index}`;
  return {
    labels: labels.classes.map((label, index) => ({ name: nameOf(label), box: unitBoxAt(labels.boxes, index) })),
    findings: outcome.predictions.map(({ label, score, box, matched }) => ({
      name: nameOf(label),
      score,
      box,
      matched,
    })),
    pointed: -1,
  };
}
