/** An image of a step as an episode: what each decoder layer made of it without noise and in every rollout, and what that earned. */
import { memo, useDeferredValue, useState, type ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import type { EpisodeSnapshot, RunInfo } from '../../lib/training';
import { useTraining } from '../../state/react';
import { shownRun } from '../../state/training-select';
import { Slider } from '../../ui/Slider';
import { PART_COLOURS, type RewardPart } from '../../ui/drawing/episode-bars';
import { Outcome } from './Outcome';
import styles from './episode.module.css';
import { usePicture } from './use-picture';

const NONE: readonly EpisodeSnapshot[] = [];
const PARTS = Object.keys(PART_COLOURS) as RewardPart[];

export function Episode(): ReactNode {
  const { t } = useTranslation();
  const run = useTraining(shownRun);
  const episodes = useTraining((state) => (run ? state.episodes[run.id] : undefined)) ?? NONE;
  // A chosen snapshot stays while newer ones come in; the newest is followed otherwise.
  const [chosen, setChosen] = useState<EpisodeSnapshot | null>(null);
  const found = chosen ? episodes.indexOf(chosen) : -1;
  const at = found >= 0 ? found : episodes.length - 1;
  const snapshot = episodes[at];
  // Its pictures are rendered in the pauses of everything else, so that no frame waits for all of them.
  const rendered = useDeferredValue(snapshot, undefined);
  if (!run || !snapshot) return <p className={styles['none']}>{t('episode.none')}</p>;
  return (
    <section className={styles['panel']} aria-label={t('episode.title')}>
      <div className={styles['head']}>
        <p>
          <strong>{t('episode.of', { step: snapshot.step, name: snapshot.image.name })}</strong>
        </p>
        {episodes.length < 2 ? null : (
          <Slider
            label={t('episode.choose')}
            value={at}
            min={0}
            max={episodes.length - 1}
            step={1}
            valueText={t('episode.of', { step: snapshot.step, name: snapshot.image.name })}
            onChange={(value) => setChosen(value === episodes.length - 1 ? null : (episodes[value] ?? null))}
          />
        )}
        <ul className={styles['legend']} aria-label={t('episode.parts')}>
          {PARTS.map((part) => (
            <li key={part}>
              <i style={{ background: PART_COLOURS[part] }} aria-hidden="true" />
              {t(`episode.part.${part}`)}
            </li>
          ))}
        </ul>
      </div>
      {rendered ? <Layers classes={run.classes} settings={run.settings} snapshot={rendered} /> : null}
      <p className={styles['muted']}>{t('episode.hint')}</p>
    </section>
  );
}

interface LayersProps extends Pick<RunInfo, 'classes' | 'settings'> {
  snapshot: EpisodeSnapshot;
}

/** Renders again for another snapshot, not for every step that the run does. */
const Layers = memo(function Layers({ classes, settings, snapshot }: LayersProps): ReactNode {
  const { t } = useTranslation();
  const picture = usePicture(snapshot.picture);
  return (
    <div className={styles['layers']} style={{ '--layers': snapshot.layers.length }}>
      {snapshot.layers.map(({ layer, mean, rollouts }) => {
        const name = t('layers.layer', { number: layer });
        return (
          <section key={layer} className={styles['layer']} aria-label={name}>
            <h3>{name}</h3>
            <Outcome
              name={t('episode.mean')}
              layerName={name}
              outcome={mean}
              labels={snapshot.labels}
              picture={picture}
              classes={classes}
              settings={settings}
            />
            <div className={styles['rollouts']}>
              {rollouts.map((outcome, index) => (
                <Outcome
                  key={index}
                  name={t('episode.rollout', { number: index + 1 })}
                  layerName={name}
                  outcome={outcome}
                  labels={snapshot.labels}
                  picture={picture}
                  classes={classes}
                  settings={settings}
                />
              ))}
            </div>
          </section>
        );
      })}
    </div>
  );
});
