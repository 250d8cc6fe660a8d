/** Published checkpoints with what is known of them: sortable, to be filtered by words, one click away. */
import { useMemo, useState, type ReactNode } from 'react';
import { ArrowDown, ArrowUp } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import {
  CATALOGUE,
  filterCatalogue,
  sortCatalogue,
  type CatalogueColumn,
  type CatalogueOrder,
} from '../../lib/catalogue';
import { speedOf } from '../../state/model-speeds';
import { useAppState, useAppStore } from '../../state/react';
import styles from './catalogue.module.css';
import { CatalogueLine } from './CatalogueLine';

const COLUMNS: readonly CatalogueColumn[] = ['name', 'family', 'ap', 'megabytes', 'licence', 'ms'];
/** Where the largest comes first. */
const DESCENDING: readonly CatalogueColumn[] = ['ap'];

export function Catalogue(): ReactNode {
  const { t } = useTranslation();
  const store = useAppStore();
  const [text, setText] = useState('');
  const [order, setOrder] = useState<CatalogueOrder | null>(null);
  const speeds = useAppState((state) => state.speeds);
  const device = useAppState((state) => state.device);
  const rows = useMemo(() => {
    const known = CATALOGUE.map((entry) => ({
      ...entry,
      ms: speedOf({ ...store.getState(), speeds, device }, entry.id),
    }));
    const found = filterCatalogue(known, text, (family) => t(`families.${family}`));
    return order ? sortCatalogue(found, order) : found;
  }, [store, speeds, device, text, order, t]);
  const sortBy = (column: CatalogueColumn): void =>
    setOrder((now) => ({
      column,
      descending: now?.column === column ? !now.descending : DESCENDING.includes(column),
    }));
  return (
    <section className={styles['catalogue']} aria-label={t('catalogue.title')}>
      <div className={styles['head']}>
        <h2>{t('catalogue.title')}</h2>
        <input
          type="search"
          value={text}
          placeholder={t('catalogue.filter')}
          aria-label={t('catalogue.filterLong')}
          onChange={(event) => setText(event.target.value)}
        />
      </div>
      <table className={styles['table']} aria-label={t('catalogue.title')}>
        <thead>
          <tr>
            {COLUMNS.map((column) => (
              <SortHeader key={column} column={column} order={order} onSort={sortBy} />
            ))}
            <th scope="col">
              <span className="unseen">{t('catalogue.get')}</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <CatalogueLine key={row.id} row={row} />
          ))}
        </tbody>
      </table>
      <p className={styles['muted']} role="status">
        {rows.length === 0 ? t('catalogue.nothing', { text }) : t('catalogue.note')}
      </p>
    </section>
  );
}

interface SortHeaderProps {
  column: CatalogueColumn;
  order: CatalogueOrder | null;
  onSort(column: CatalogueColumn): void;
}

function SortHeader({ column, order, onSort }: SortHeaderProps): ReactNode {
  const { t } = useTranslation();
  const mine = order?.column === column ? order : null;
  const Arrow = mine?.descending ? ArrowDown : ArrowUp;
  return (
    <th
      scope="col"
      className={styles[column]}
      {...(mine ? { 'aria-sort': mine.descending ? 'descending' : 'ascending' } : {})}
    >
      <button type="button" title={t(`catalogue.long.${column}`)} onClick={() => onSort(column)}>
        {t(`catalogue.columns.${column}`)}
        {mine ? <Arrow aria-hidden="true" /> : null}
      </button>
    </th>
  );
}
