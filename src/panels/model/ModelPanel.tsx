/** Which checkpoint is in use, and how to get another: embedded, kept in the browser, from the hub, from files. */
import type { ReactNode } from 'react';
import { Columns2, X } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import type { Progress } from '../../lib/types';
import { useAppState, useCommands } from '../../state/react';
import { Button } from '../../ui/Button';
import { formatBytes, formatCount } from '../../ui/format';
import { ProgressBar } from '../../ui/Meter';
import { Catalogue } from './Catalogue';
import { HubForm } from './HubForm';
import { HubSettings } from './HubSettings';
import styles from './model.module.css';
import { ModelFiles } from './ModelFiles';
import { StoredModels } from './StoredModels';

/** @param children settings of the model in use */
export function ModelPanel({ children }: { children?: ReactNode }): ReactNode {
  const { t } = useTranslation();
  return (
    <section className={styles['panel']} aria-label={t('model.title')}>
      <CurrentModel />
      {children}
      <Loading />
      <StoredModels />
      <ModelFiles />
      <HubForm />
      <HubSettings />
      <Catalogue />
    </section>
  );
}

function CurrentModel(): ReactNode {
  const { t } = useTranslation();
  const commands = useCommands();
  const model = useAppState((state) => state.model);
  const licence = useAppState((state) => state.models.find(({ id }) => id === state.model?.id)?.licence);
  if (!model) return <p className={styles['muted']}>{t('model.none')}</p>;
  const facts = {
    family: t(`families.${model.family}`),
    parameters: formatCount(model.parameters),
    layers: t('model.layersValue', { count: model.layers }),
    queries: String(model.queries),
    input: t('model.inputValue', { height: model.inputSize[0], width: model.inputSize[1] }),
    licence: licence ?? t('model.licenceUnknown'),
  };
  return (
    <div>
      <h2>{t('model.inUse')}</h2>
      <p className={styles['name']}>{model.name}</p>
      <dl className={styles['facts']}>
        {(Object.keys(facts) as (keyof typeof facts)[]).map((key) => (
          <div key={key}>
            <dt>{t(`model.${key}`)}</dt>
            <dd>{facts[key]}</dd>
          </div>
        ))}
      </dl>
      <details className={styles['classes']}>
        <summary>{t('model.classes', { count: model.classes.length })}</summary>
        <p>{model.classes.join(', ')}</p>
      </details>
      <Button className={styles['compare']!} onClick={commands.openCompare}>
        <Columns2 />
        {t('model.compare')}
      </Button>
    </div>
  );
}

/** "4.2 MB of 14 MB", "12 of 40 steps"; done alone while the total is not known. */
function useProgressText(progress: Progress | null): string {
  const { t } = useTranslation();
  if (!progress) return t('model.starting');
  const amount = (value: number): string => (progress.unit === 'bytes' ? formatBytes(value) : String(value));
  const done = amount(progress.done);
  const count = progress.total > 0 ? t('model.doneOf', { done, total: amount(progress.total) }) : done;
  return `${t(`stages.${progress.stage}`)} ${count}`;
}

function Loading(): ReactNode {
  const { t } = useTranslation();
  const commands = useCommands();
  const loading = useAppState((state) => state.modelLoading);
  const text = useProgressText(loading?.progress ?? null);
  if (!loading) return null;
  const { progress, name } = loading;
  return (
    <div className={styles['loading']}>
      <p>
        <strong>{name}</strong> {text}
      </p>
      <ProgressBar
        label={t('model.loading', { name })}
        part={progress && progress.total > 0 ? progress.done / progress.total : null}
        valueText={text}
      />
      <Button onClick={commands.cancelLoading}>
        <X />
        {t('model.cancel')}
      </Button>
    </div>
  );
}
