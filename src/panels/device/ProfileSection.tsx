/** What one detection costs: a button, and when it is measured the total, the table by layer, the roofline and the device's peak. */
import type { ReactNode } from 'react';
import { Copy, Download, Timer, X } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import type { DevicePeak, ProfileReport } from '../../lib/profile';
import type { AskedProfile } from '../../state/profile';
import { useAppState, useCommands } from '../../state/react';
import { Button, IconButton } from '../../ui/Button';
import { ErrorText } from '../../ui/ErrorText';
import { ProgressBar } from '../../ui/Meter';
import { Menu, MenuItem } from '../../ui/Menu';
import styles from './device.module.css';
import { formatBandwidth, formatMicroseconds, formatSpeed } from './figures';
import { ProfileTable } from './ProfileTable';
import { Roofline } from './Roofline';

export function ProfileSection(): ReactNode {
  const { t } = useTranslation();
  const asked = useAppState((state) => state.askedProfile);
  const report = asked?.report;
  return (
    <section className={styles['profile']} aria-label={t('device.profile.title')}>
      <header>
        <h2>{t('device.profile.title')}</h2>
        <Handing report={report} />
      </header>
      <Asking asked={asked} />
      {asked?.error ? <ErrorText error={asked.error} /> : null}
      {report ? <Report report={report} /> : <p className={styles['muted']}>{t('device.profile.note')}</p>}
    </section>
  );
}

function Handing({ report }: { report: ProfileReport | undefined }): ReactNode {
  const { t } = useTranslation();
  const commands = useCommands();
  const save = (
    <IconButton label={t('device.profile.save')} disabled={!report}>
      <Download />
    </IconButton>
  );
  return (
    <div>
      <Menu trigger={save}>
        {(['json', 'csv'] as const).map((format) => (
          <MenuItem key={format} onSelect={() => commands.saveProfile(format)}>
            {t(`device.profile.formats.${format}`)}
          </MenuItem>
        ))}
      </Menu>
      <IconButton label={t('device.profile.copy')} disabled={!report} onClick={commands.copyProfile}>
        <Copy />
      </IconButton>
    </div>
  );
}

function Asking({ asked }: { asked: AskedProfile | null }): ReactNode {
  const { t } = useTranslation();
  const commands = useCommands();
  const isGpu = useAppState((state) => state.device?.backend !== 'wasm');
  const hasImage = useAppState((state) => state.currentImage !== null);
  const hasModel = useAppState((state) => state.model !== null && state.deviceStatus === 'ready');
  if (!isGpu) return <p className={styles['muted']}>{t('device.profile.wasm')}</p>;
  if (asked && !asked.report && !asked.error)
    return (
      <div className={styles['asking']} aria-live="polite">
        <Button onClick={commands.cancelProfile}>
          <X />
          {t('device.profile.cancel')}
        </Button>
        <div>
          <ProgressBar label={t('device.profile.running')} part={null} valueText={t('device.profile.running')} />
          <p className={styles['muted']}>{t('device.profile.running')}</p>
        </div>
      </div>
    );
  return (
    <div className={styles['asking']}>
      <Button onClick={commands.profileImage} disabled={!hasImage || !hasModel}>
        <Timer />
        {asked?.report ? t('device.profile.again') : t('device.profile.run')}
      </Button>
      {hasImage ? null : <p className={styles['muted']}>{t('device.profile.noImage')}</p>}
    </div>
  );
}

function Report({ report }: { report: ProfileReport }): ReactNode {
  const { t } = useTranslation();
  const current = useAppState((state) => state.model?.id);
  const { model, total, method, passes, inputSize, peak } = report;
  const [height, width] = inputSize;
  return (
    <>
      <p className={styles['name']}>
        {t('device.profile.total', { time: formatMicroseconds(total.microseconds), count: total.count })}
      </p>
      <p className={styles['muted']}>
        {t('device.profile.totalFacts', { model, height, width, count: passes })}{' '}
        {t(`device.profile.methods.${method}`)} {current === model ? null : t('device.profile.otherModel', { model })}
      </p>
      <ProfileTable report={report} />
      <p className={styles['muted']}>{t('device.profile.roofNote')}</p>
      <Roofline report={report} />
      <Peak peak={peak} />
    </>
  );
}

function Peak({ peak }: { peak: DevicePeak }): ReactNode {
  const { t } = useTranslation();
  const { flops32, flops16, bandwidth, dispatch } = peak;
  const rows = [
    { name: 'flops32', value: formatSpeed(flops32 / 1e9) },
    ...(flops16 === null ? [] : [{ name: 'flops16', value: formatSpeed(flops16 / 1e9) } as const]),
    { name: 'bandwidth', value: formatBandwidth(bandwidth / 1e9) },
    { name: 'dispatch', value: formatMicroseconds(dispatch) },
  ] as const;
  return (
    <div>
      <h3>{t('device.profile.peak')}</h3>
      <dl className={styles['limits']}>
        {rows.map(({ name, value }) => (
          <div key={name}>
            <dt>{t(`device.profile.peaks.${name}`)}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
    </div>
  );
}
