/** The distributions of the four edges, a row for each layer (fine-grained distribution refinement). */
import type { PointerEvent, ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { meanOffset, type EdgeBins, type QueryViews } from '../../lib/query-views';
import { formatPercent } from '../../ui/format';
import { binAt, curvePath } from './curve';
import styles from './query.module.css';
import type { ShownViews } from './shown';

const EDGES = ['left', 'top', 'right', 'bottom'] as const;
const [WIDTH, HEIGHT] = [66, 24];

export function Edges({ views, onPoint }: { views: QueryViews } & Pick<ShownViews, 'onPoint'>): ReactNode {
  const { t } = useTranslation();
  return (
    <section aria-label={t('query.edges')}>
      <h3 title={t('query.edgesHint')}>{t('query.edges')}</h3>
      <table className={styles['edges']}>
        <thead>
          <tr>
            <td />
            {EDGES.map((edge) => (
              <th key={edge} scope="col">
                {t(`query.edge.${edge}`)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {views.layers.map(({ layer, edges }) =>
            edges ? (
              <tr key={layer}>
                <th scope="row">{layer}</th>
                {EDGES.map((edge, index) => (
                  <td key={edge}>
                    <Curve layer={layer} edge={index} bins={edges} onPoint={onPoint} />
                  </td>
                ))}
              </tr>
            ) : null,
          )}
        </tbody>
      </table>
    </section>
  );
}

interface CurveProps extends Pick<ShownViews, 'onPoint'> {
  layer: number;
  /** 0..3 */
  edge: number;
  bins: EdgeBins;
}

function Curve({ layer, edge, bins, onPoint }: CurveProps): ReactNode {
  const { t } = useTranslation();
  const count = bins.probabilities.length / EDGES.length;
  const own = bins.probabilities.subarray(edge * count, (edge + 1) * count);
  const name = t(`query.edge.${EDGES[edge]!}`);
  const likely = own.indexOf(Math.max(...own));
  const mean = meanOffset(bins, edge);
  const said = { number: layer, edge: name };
  const whole = t('query.edgeOf', { ...said, bin: likely + 1, bins: count, share: formatPercent(own[likely] ?? 0) });
  const point = ({ currentTarget, clientX }: PointerEvent<SVGSVGElement>): void => {
    const { left, width } = currentTarget.getBoundingClientRect();
    const bin = binAt(count, (clientX - left) / Math.max(width, 1));
    const offset = bins.offsets?.[bin];
    const text = t('query.bin', { ...said, bin: bin + 1, share: formatPercent(own[bin]!) });
    onPoint(offset === undefined ? text : `${text}, ${t('query.binOffset', { offset: offset.toFixed(3) })}`);
  };
  return (
    <svg
      role="img"
      aria-label={mean === undefined ? whole : `${whole}, ${t('query.edgeMean', { offset: mean.toFixed(3) })}`}
      viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
      preserveAspectRatio="none"
      onPointerMove={point}
      onPointerLeave={() => onPoint(null)}
    >
      <path d={curvePath(own, WIDTH, HEIGHT)} />
      <line x1={WIDTH / 2} x2={WIDTH / 2} y1={0} y2={HEIGHT} />
    </svg>
  );
}
