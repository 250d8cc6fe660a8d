/** Clusters in the place of the encoder's attention: switch, settings, what they save and what they change. */
import { useEffect, type ReactNode } from 'react';
import { Copy } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { useAppState, useAppStore, useCommands } from '../../state/react';
import { currentResult } from '../../state/select';
import { IconButton } from '../../ui/Button';
import { ErrorText } from '../../ui/ErrorText';
import { Segmented } from '../../ui/Segmented';
import { ClusterPicture } from './ClusterPicture';
import styles from './clusters.module.css';
import { Differences } from './Differences';
import { LayerTable } from './LayerTable';
import { Settings } from './Settings';

/** Nothing for a model whose encoder has no dense attention. */
export function Clusters(): ReactNode {
  const dense = useAppState((state) => state.model?.denseEncoder === true);
  return dense ? <Panel /> : null;
}

function Panel(): ReactNode {
  const { t } = useTranslation();
  const store = useAppStore();
  const commands = useCommands();
  const on = useAppState((state) => state.clustersOn);
  const answered = useAppState((state) => state.askedClusters?.data !== undefined);
  useEffect(() => {
    store.getState().setClustersShown(true);
    return () => store.getState().setClustersShown(false);
  }, [store]);
  return (
    <section className={styles['panel']} aria-label={t('clusters.title')}>
      <header className={styles['head']}>
        <h2>{t('clusters.title')}</h2>
        <IconButton label={t('clusters.copy')} disabled={!answered} onClick={commands.copyClusters}>
          <Copy />
        </IconButton>
      </header>
      <Segmented
        label={t('clusters.attention')}
        value={on ? 'clustered' : 'exact'}
        options={(['exact', 'clustered'] as const).map((value) => ({ value, label: t(`clusters.ways.${value}`) }))}
        onChange={(way) => store.getState().setClustersOn(way === 'clustered')}
      />
      <p className={styles['note']}>{t('clusters.note')}</p>
      <Settings />
      {on ? <Answer /> : null}
    </section>
  );
}

/** Of the current image. */
function Answer(): ReactNode {
  const { t } = useTranslation();
  const result = useAppState(currentResult);
  const model = useAppState((state) => state.model?.id);
  const image = useAppState((state) => state.currentImage);
  const asked = useAppState((state) => state.askedClusters);
  if (image === null || !result?.clusters || result.model !== model) {
    return (
      <p className={styles['note']} aria-live="polite">
        {t('clusters.waiting')}
      </p>
    );
  }
  const known = asked?.result === result ? asked : null;
  return (
    <>
      <LayerTable clustering={result.clusters} />
      {known?.error ? <ErrorText error={known.error} /> : <Differences comparison={known?.data ?? null} />}
      <ClusterPicture
        image={image}
        layers={result.clusters.layers.length}
        comparison={known?.data ?? null}
        result={result}
      />
    </>
  );
}
