/** One published checkpoint: its figures, whether it is here, and the button that makes it the model. */
import { memo, type ReactNode } from 'react';
import { Check, Download, HardDrive } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import type { CatalogueRow } from '../../lib/catalogue';
import { useAppState, useCommands } from '../../state/react';
import { IconButton, Tip } from '../../ui/Button';
import { formatBytes, formatMs } from '../../ui/format';
import styles from './catalogue.module.css';

const isSame = (a: { row: CatalogueRow }, b: { row: CatalogueRow }): boolean =>
  a.row.id === b.row.id && a.row.ms === b.row.ms;

export const CatalogueLine = memo(function CatalogueLine({ row }: { row: CatalogueRow }): ReactNode {
  const { t } = useTranslation();
  const { name, family, ap, megabytes, licence, ms } = row;
  const adapter = useAppState((state) => state.device?.adapter ?? '');
  const current = useAppState((state) => state.model?.id === row.id);
  const [owner, short] = name.includes('/') ? name.split('/') : [null, name];
  const unknown = <span aria-label={t('catalogue.unknown')}>–</span>;
  return (
    <tr aria-current={current}>
      <th scope="row" className={styles['name']}>
        {owner === null ? null : <span className={styles['owner']}>{owner}/</span>}
        {short}
        <small className={styles['under']}>
          {[...(owner ? [owner] : []), t(`families.${family}`)].join(', ')}, <span>{licence}</span>
        </small>
      </th>
      <td className={styles['family']}>{t(`families.${family}`)}</td>
      <td className={styles['ap']}>{ap === null ? unknown : ap.toFixed(1)}</td>
      <td className={styles['megabytes']}>{megabytes === null ? unknown : formatBytes(megabytes * 1e6)}</td>
      <td className={styles['licence']}>{licence}</td>
      <td className={styles['ms']}>
        {ms === null ? (
          unknown
        ) : (
          <Tip text={t('catalogue.measured', { time: formatMs(ms), adapter })}>
            <span tabIndex={0}>{t('catalogue.here', { time: formatMs(ms) })}</span>
          </Tip>
        )}
      </td>
      <td className={styles['get']}>
        <GetButton row={row} current={current} />
      </td>
    </tr>
  );
}, isSame);

function GetButton({ row: { id, repo, name }, current }: { row: CatalogueRow; current: boolean }): ReactNode {
  const { t } = useTranslation();
  const commands = useCommands();
  const isHere = useAppState((state) => repo === null || state.models.some((entry) => entry.id === id));
  const busy = useAppState((state) => state.modelLoading !== null);
  const [label, Icon] = current
    ? [t('catalogue.inUse', { name }), Check]
    : isHere
      ? [t('catalogue.load', { name }), HardDrive]
      : [t('catalogue.download', { name }), Download];
  const get = (): void => {
    if (repo === null) commands.loadModel({ kind: 'embedded', id });
    else if (isHere) commands.loadModel({ kind: 'cached', id });
    else commands.loadModel({ kind: 'hub', repo });
  };
  return (
    <IconButton label={label} disabled={busy || current} data-here={isHere} onClick={get}>
      <Icon />
    </IconButton>
  );
}
