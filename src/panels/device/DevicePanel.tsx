/** What the page computes on, how much memory it holds, where the time of an image goes. */
import type { ReactNode } from 'react';
import { RotateCcw } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { useAppState, useCommands } from '../../state/react';
import { Button } from '../../ui/Button';
import { ErrorText } from '../../ui/ErrorText';
import styles from './device.module.css';
import { MemorySection } from './MemorySection';
import { ProfileSection } from './ProfileSection';
import { StageTimesBar } from './StageTimesBar';

export function DevicePanel(): ReactNode {
  const { t } = useTranslation();
  const commands = useCommands();
  const status = useAppState((state) => state.deviceStatus);
  const device = useAppState((state) => state.device);
  return (
    <section className={styles['panel']} aria-label={t('device.title')}>
      <div>
        <h2>{t('device.adapter')}</h2>
        <p className={styles['name']}>{device?.adapter ?? t(`device.status.${status}`)}</p>
        {device ? (
          <p className={styles['muted']}>
            {[t(`backends.${device.backend}`), device.vendor, device.architecture, t(`device.status.${status}`)]
              .filter(Boolean)
              .join(', ')}
          </p>
        ) : null}
        {device?.fallbackReason ? <ErrorText error={device.fallbackReason} /> : null}
      </div>
      <MemorySection />
      <StageTimesBar />
      <ProfileSection />
      {device ? <Capabilities features={device.features} limits={device.limits} /> : null}
      <div>
        <Button onClick={commands.restartDevice} disabled={status !== 'ready'}>
          <RotateCcw />
          {t('device.restart')}
        </Button>
        <p className={styles['muted']}>{t('device.restartNote')}</p>
      </div>
    </section>
  );
}

function Capabilities({ features, limits }: { features: string[]; limits: Record<string, number> }): ReactNode {
  const { t } = useTranslation();
  const rows = Object.entries(limits);
  return (
    <div>
      <details className={styles['more']}>
        <summary>{t('device.features', { count: features.length })}</summary>
        <p className={styles['muted']}>{features.join(', ')}</p>
      </details>
      <details className={styles['more']}>
        <summary>{t('device.limits', { count: rows.length })}</summary>
        <dl className={styles['limits']}>
          {rows.map(([name, value]) => (
            <div key={name}>
              <dt>{name}</dt>
              <dd>{value.toLocaleString('en')}</dd>
            </div>
          ))}
        </dl>
      </details>
    </div>
  );
}
