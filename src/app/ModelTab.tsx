/** The Model tab: checkpoints, and below the one in use what can be switched in its encoder. */
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { Clusters } from '../panels/clusters/Clusters';
import { ModelPanel } from '../panels/model/ModelPanel';
import { ErrorBoundary } from './ErrorBoundary';

export function ModelTab(): ReactNode {
  const { t } = useTranslation();
  return (
    <ModelPanel>
      <ErrorBoundary panel={t('clusters.title')}>
        <Clusters />
      </ErrorBoundary>
    </ModelPanel>
  );
}
