/** One row per detection. Arrow keys move through it, Enter follows a query, hovering lights the box up on the stage. */
import { memo, useRef, type KeyboardEvent, type ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { useAppState, useAppStore } from '../../state/react';
import { classColour } from '../../ui/drawing/colours';
import { formatPx } from '../../ui/format';
import styles from './detections.module.css';
import { sameRow, type Row } from './rows';

export const DetectionTable = memo(function DetectionTable({ rows }: { rows: readonly Row[] }): ReactNode {
  const { t } = useTranslation();
  const store = useAppStore();
  const body = useRef<HTMLTableSectionElement>(null);
  // One row takes the Tab key: the followed query's, else the first.
  const stop = useAppState((state) => rows.find(({ query }) => query === state.selectedQuery)?.key) ?? rows[0]?.key;

  const press = (event: KeyboardEvent): void => {
    const lines = [...(body.current?.rows ?? [])];
    const at = lines.findIndex((line) => line === document.activeElement);
    const next = {
      ArrowDown: at + 1,
      ArrowUp: at - 1,
      Home: 0,
      End: lines.length - 1,
      PageDown: at + 10,
      PageUp: at - 10,
    }[event.key];
    if (next === undefined || at < 0) return;
    event.preventDefault();
    lines[Math.min(Math.max(next, 0), lines.length - 1)]?.focus();
  };

  return (
    <div className={styles['scroll']} onPointerLeave={() => store.getState().hoverQuery(null)}>
      <table className={styles['table']} role="grid" aria-label={t('detections.table')} onKeyDown={press}>
        <thead>
          <tr>
            <th scope="col">{t('detections.class')}</th>
            <th scope="col" className={styles['scoreColumn']}>
              {t('detections.score')}
            </th>
            <th scope="col" className={styles['boxColumn']}>
              {t('detections.box')}
            </th>
            <th scope="col" className={styles['number']}>
              {t('detections.query')}
            </th>
          </tr>
        </thead>
        <tbody ref={body}>
          {rows.map((row) => (
            <DetectionRow key={row.key} row={row} tabStop={row.key === stop} />
          ))}
        </tbody>
      </table>
    </div>
  );
});

interface DetectionRowProps {
  row: Row;
  tabStop: boolean;
}

/** Rows are made anew with every change; most say the same as before. */
const isSame = (a: DetectionRowProps, b: DetectionRowProps): boolean =>
  a.tabStop === b.tabStop && sameRow(a.row, b.row);

const DetectionRow = memo(function DetectionRow({ row, tabStop }: DetectionRowProps): ReactNode {
  const { t } = useTranslation();
  const store = useAppStore();
  const selected = useAppState((state) => state.selectedQuery === row.query);
  const hovered = useAppState((state) => state.hoveredQuery === row.query);
  const [x0, y0, x1, y1] = row.box;
  const follow = (): void => store.getState().selectQuery(selected ? null : row.query);
  const press = (event: KeyboardEvent): void => {
    if (event.key !== 'Enter' && event.key !== ' ') return;
    event.preventDefault();
    follow();
  };
  return (
    <tr
      tabIndex={tabStop ? 0 : -1}
      aria-selected={selected}
      data-hovered={hovered}
      onPointerEnter={() => store.getState().hoverQuery(row.query)}
      onFocus={() => store.getState().hoverQuery(row.query)}
      onBlur={() => store.getState().hoverQuery(null)}
      onClick={follow}
      onKeyDown={press}
    >
      <td>
        <span className={styles['class']}>
          <i className={styles['swatch']} style={{ background: classColour(row.name) }} />
          <span className={styles['name']}>{row.name}</span>
        </span>
      </td>
      <td>
        <span className={styles['score']} title={t('detections.scoreOf', { score: row.score.toFixed(4) })}>
          <span className={styles['bar']}>
            <i style={{ width: `${row.score * 100}%` }} />
          </span>
          {row.score.toFixed(2)}
        </span>
      </td>
      <td className={styles['box']}>
        <span title={t('detections.sizeOf', { width: formatPx(x1 - x0), height: formatPx(y1 - y0) })}>
          {[x0, y0, x1, y1].map((edge) => Math.round(edge)).join(' ')}
        </span>
      </td>
      <td className={styles['number']}>{row.query}</td>
    </tr>
  );
}, isSame);
