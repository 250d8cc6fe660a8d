/** Checkpoints that need no network: one click loads, those kept in the browser can be deleted. */
import type { ReactNode } from 'react';
import { Trash2 } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { useAppState, useCommands } from '../../state/react';
import { Button, IconButton } from '../../ui/Button';
import { formatBytes } from '../../ui/format';
import styles from './model.module.css';

export function StoredModels(): ReactNode {
  const { t } = useTranslation();
  const commands = useCommands();
  const models = useAppState((state) => state.models);
  const current = useAppState((state) => state.model?.id);
  const busy = useAppState((state) => state.modelLoading !== null);
  return (
    <div>
      <h2>{t('model.here')}</h2>
      <ul className={styles['stored']} aria-label={t('model.here')}>
        {models.map(({ id, name, source, bytes }) => (
          <li key={id} aria-current={id === current}>
            <span className={styles['grow']}>
              {name}
              <small>
                {t(`sources.${source}`)}
                {bytes > 0 ? `, ${formatBytes(bytes)}` : ''}
              </small>
            </span>
            <Button
              disabled={busy || id === current}
              aria-label={t('model.load', { name })}
              onClick={() => commands.loadModel({ kind: source === 'embedded' ? 'embedded' : 'cached', id })}
            >
              {id === current ? t('model.loaded') : t('model.loadShort')}
            </Button>
            {source === 'embedded' ? null : (
              <IconButton label={t('model.delete', { name })} onClick={() => commands.removeModel(id)}>
                <Trash2 />
              </IconButton>
            )}
          </li>
        ))}
      </ul>
    </div>
  );
}
