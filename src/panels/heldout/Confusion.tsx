/** The confusion matrix: rows are what is labelled, columns what was found, background last. A cell opens its boxes. */
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { confusionMatrix, type Pairing } from '../../lib/confusion';
import styles from './heldout.module.css';

interface ConfusionProps {
  pairings: readonly Pairing[];
  names: readonly string[];
  chosen: [number, number] | null;
  onChoose(cell: [number, number] | null): void;
}

export function Confusion({ pairings, names, chosen, onChoose }: ConfusionProps): ReactNode {
  const { t } = useTranslation();
  const matrix = confusionMatrix(pairings, names.length);
  // Classes that are neither labelled nor found would be empty rows: a checkpoint may know hundreds.
  const used = [...matrix.keys()].filter(
    (index) =>
      index === names.length || matrix[index]!.some((count) => count > 0) || matrix.some((row) => row[index]! > 0),
  );
  const nameOf = (index: number): string => names[index] ?? t('heldout.background');
  const most = Math.max(1, ...matrix.flat());
  const kindOf = (row: number, column: number): 'true' | 'false' => (row === column ? 'true' : 'false');
  return (
    <div className={styles['scroll']}>
      <table className={styles['matrix']}>
        <caption className="unseen">{t('heldout.confusion')}</caption>
        <thead>
          <tr>
            <th scope="col" className={styles['corner']}>
              {t('heldout.corner')}
            </th>
            {used.map((column) => (
              <th key={column} scope="col">
                <span>{column === names.length ? t('heldout.missed') : nameOf(column)}</span>
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {used.map((row) => (
            <tr key={row}>
              <th scope="row">{row === names.length ? t('heldout.nothing') : nameOf(row)}</th>
              {used.map((column) => {
                const count = matrix[row]![column]!;
                const isChosen = chosen?.[0] === row && chosen[1] === column;
                return (
                  <td key={column}>
                    {row === names.length && column === names.length ? null : (
                      <button
                        type="button"
                        disabled={count === 0 && !isChosen}
                        aria-pressed={isChosen}
                        aria-label={t('heldout.cell', { count, truth: nameOf(row), found: nameOf(column) })}
                        data-kind={kindOf(row, column)}
                        style={{ '--part': Math.sqrt(count / most) }}
                        onClick={() => onChoose(isChosen ? null : [row, column])}
                      >
                        {count}
                      </button>
                    )}
                  </td>
                );
              })}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
