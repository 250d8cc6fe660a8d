/** How the images are split over the session, and what speaks against it. */
import { useMemo, type ReactNode } from 'react';
import { ListFilter, ScanSearch } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { effectiveSplits } from '../../state/labels';
import type { SplitWarning } from '../../state/label-files';
import { useAppState, useAppStore, useCommands, useLabels } from '../../state/react';
import { Button } from '../../ui/Button';
import { Menu, MenuItem } from '../../ui/Menu';
import { summariseSplits } from './counts';
import styles from './label.module.css';

export function SplitInfo(): ReactNode {
  const { t } = useTranslation();
  const commands = useCommands();
  const waiting = useAppState((state) => state.waitingLabels);
  const warnings = useAppState((state) => state.splitWarnings);
  const summary = useSummary();
  return (
    <section className={styles['part']} aria-label={t('label.splitTitle')}>
      <h2>{t('label.splitTitle')}</h2>
      <p aria-live="polite">
        {t('label.summary', summary)}
        {summary.none > 0 ? `, ${t('label.aside', { count: summary.none })}` : ''}
      </p>
      {waiting > 0 ? <p className={styles['warn']}>{t('label.waiting', { count: waiting })}</p> : null}
      <div className={styles['actions']}>
        <Button disabled={summary.train === 0 || summary.val === 0} onClick={commands.findSplitDuplicates}>
          <ScanSearch />
          {t('label.duplicates')}
        </Button>
        <ChoiceMenu />
      </div>
      {warnings ? <Warnings warnings={warnings} /> : null}
    </section>
  );
}

function useSummary(): ReturnType<typeof summariseSplits> {
  const images = useAppState((state) => state.images);
  const items = useLabels((state) => state.items);
  const splits = useLabels((state) => state.splits);
  const automaticSplits = useLabels((state) => state.automaticSplits);
  return useMemo(
    () => summariseSplits(images, items, effectiveSplits({ splits, automaticSplits })),
    [images, items, splits, automaticSplits],
  );
}

/** Lists of images that came with label files. */
function ChoiceMenu(): ReactNode {
  const { t } = useTranslation();
  const commands = useCommands();
  const choices = Object.entries(useAppState((state) => state.splitChoices));
  if (choices.length === 0) return null;
  return (
    <Menu
      trigger={
        <Button>
          <ListFilter />
          {t('label.useList')}
        </Button>
      }
    >
      {choices.map(([name, images]) => (
        <MenuItem key={name} onSelect={() => commands.chooseSplit(name)}>
          {t('label.listOf', { name, count: images.length })}
        </MenuItem>
      ))}
    </Menu>
  );
}

function Warnings({ warnings }: { warnings: readonly SplitWarning[] }): ReactNode {
  const { t } = useTranslation();
  const app = useAppStore();
  const images = useAppState((state) => state.images);
  const nameOf = (id: string): string => images.find((item) => item.id === id)?.name ?? id;
  if (warnings.length === 0) return <p className={styles['muted']}>{t('label.noDuplicates')}</p>;
  return (
    <>
      <ul className={styles['list']}>
        {warnings.map(({ train, heldOut, exact }) => (
          <li key={`${train} ${heldOut}`}>
            <button type="button" className={styles['warn']} onClick={() => app.getState().showImage(heldOut)}>
              {t(exact ? 'label.duplicateExact' : 'label.duplicate', {
                train: nameOf(train),
                heldOut: nameOf(heldOut),
              })}
            </button>
          </li>
        ))}
      </ul>
      <p className={styles['muted']}>{t('label.duplicatesNote')}</p>
    </>
  );
}
