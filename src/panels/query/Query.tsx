/** What the followed query looked at, layer by layer: pictures, distributions, numbers. */
import { useState, type ReactNode } from 'react';
import { Copy, X } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { hasView } from '../../lib/query-views';
import type { AskedViews } from '../../state/query-views';
import { useAppState, useAppStore, useCommands } from '../../state/react';
import { currentViews } from '../../state/select';
import { usePicture } from '../../state/use-picture';
import { IconButton } from '../../ui/Button';
import { ErrorText } from '../../ui/ErrorText';
import { Edges } from './Edges';
import { LayerLook } from './LayerLook';
import { Options } from './Options';
import { Origin } from './Origin';
import styles from './query.module.css';

export function Query(): ReactNode {
  const { t } = useTranslation();
  const store = useAppStore();
  const commands = useCommands();
  const query = useAppState((state) => state.selectedQuery);
  const asked = useAppState(currentViews);
  return (
    <section className={styles['panel']} aria-label={t('query.title')}>
      <header className={styles['head']}>
        <h2>{query === null ? t('query.title') : t('query.of', { query })}</h2>
        <span className={styles['actions']}>
          <IconButton label={t('query.copy')} disabled={!asked?.data} onClick={commands.copyViews}>
            <Copy />
          </IconButton>
          <IconButton label={t('query.close')} shortcut="V" onClick={() => store.getState().setLooking(false)}>
            <X />
          </IconButton>
        </span>
      </header>
      <Answer query={query} asked={asked} />
    </section>
  );
}

function Answer({ query, asked }: { query: number | null; asked: AskedViews | undefined }): ReactNode {
  const { t } = useTranslation();
  if (asked?.error) {
    return (
      <div className={styles['note']}>
        <ErrorText error={asked.error} />
      </div>
    );
  }
  if (asked?.data) return <Looked asked={asked} />;
  const state = query === null ? 'choose' : asked ? 'loading' : 'waiting';
  return (
    <p className={styles['note']} aria-live="polite">
      {t(`query.${state}`)}
    </p>
  );
}

const KINDS = ['places', 'cross', 'self', 'edges'] as const;

function Looked({ asked: { image, data, result } }: { asked: AskedViews }): ReactNode {
  const { t } = useTranslation();
  const picture = usePicture(image);
  const [pointed, setPointed] = useState<string | null>(null);
  if (!data) return null;
  const shown = { views: data, result, picture, onPoint: setPointed };
  return (
    <>
      <div className={styles['body']}>
        {KINDS.some((kind) => hasView(data, kind)) ? null : <p>{t('query.nothing')}</p>}
        <Options views={data} />
        <Origin {...shown} />
        <ol className={styles['layers']} aria-label={t('query.layers')}>
          {data.layers.map((layer) => (
            <LayerLook key={layer.layer} layer={layer} {...shown} />
          ))}
        </ol>
        {hasView(data, 'edges') ? <Edges views={data} onPoint={setPointed} /> : null}
      </div>
      <output className={styles['pointed']} data-hint={pointed === null}>
        {pointed ?? t('query.pointHint')}
      </output>
    </>
  );
}
