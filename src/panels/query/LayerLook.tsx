/** One decoder layer: its picture, which shows the layer on the stage, and its numbers. */
import { useMemo, type ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { toPixelXyxy } from '../../lib/boxes';
import { cellOf, cellWeights, mostAttended, tokensAt, type QueryLayerViews } from '../../lib/query-views';
import { classNameOf } from '../../state/model';
import { useAppState, useAppStore } from '../../state/react';
import { currentNames, wholeLayer } from '../../state/select';
import { classColour } from '../../ui/drawing/colours';
import { buildQueryScene, lookedRegion, pointAt } from '../../ui/drawing/query-views';
import { formatPercent } from '../../ui/format';
import { LookCanvas } from './LookCanvas';
import styles from './query.module.css';
import type { ShownViews } from './shown';

/** CSS pixels around a dot that still mean it. */
const REACH = 8;

interface LayerLookProps extends ShownViews {
  layer: QueryLayerViews;
}

export function LayerLook({ layer, views, result, picture, onPoint }: LayerLookProps): ReactNode {
  const { t } = useTranslation();
  const store = useAppStore();
  const name = classNameOf(useAppState(currentNames), layer.label);
  const head = useAppState((state) => state.lookHead);
  const colour = useAppState((state) => state.lookColour);
  const at = result.layers.findIndex((each) => each.layer === layer.layer);
  const active = useAppState(wholeLayer) === at;
  const scene = useMemo(
    () => buildQueryScene(views, result, { layer: layer.layer, head, colour, past: false, among: false }),
    [views, result, layer.layer, head, colour],
  );
  const region = useMemo(() => lookedRegion(views, result), [views, result]);
  const box = useMemo(() => toPixelXyxy(layer.box, result.width, result.height), [layer.box, result]);

  const show = (): void => {
    store.getState().setPlaying(false);
    store.getState().setLayerPosition(at === result.layers.length - 1 ? null : at);
  };
  const cellText = (x: number, y: number): string | null => {
    const [token] = tokensAt(views.levels, x / result.width, y / result.height);
    const cell = token === undefined ? undefined : cellOf(views.levels, token);
    if (!layer.cross || !cell) return null;
    const weight = cellWeights(layer.cross, head)[token!]!.toFixed(4);
    const place = { level: cell.level + 1, row: cell.row + 1, column: cell.column + 1 };
    return t('query.cellWeight', { number: layer.layer, weight, ...place });
  };
  const describe = (place: { x: number; y: number; pixel: number } | null): void => {
    if (!place) return onPoint(null);
    const point = pointAt(scene, place.x, place.y, REACH * place.pixel);
    if (!point) return onPoint(cellText(place.x, place.y));
    const [x, y, weight] = [Math.round(point.x), Math.round(point.y), point.weight.toFixed(3)];
    onPoint(t('query.point', { number: layer.layer, head: point.head + 1, weight, x, y }));
  };

  const kind = layer.places ? 'places' : layer.cross ? 'cross' : 'none';
  const seen = t(`query.seen.${kind}`, { count: scene.points.length });
  const score = layer.score.toFixed(2);
  return (
    <li className={styles['layer']}>
      <button
        type="button"
        aria-pressed={active}
        aria-label={t('query.layer', { number: layer.layer, name, score, seen })}
        onClick={show}
      >
        <LookCanvas
          scene={scene}
          box={box}
          colour={classColour(name)}
          region={region}
          size={result}
          picture={picture}
          onPlace={describe}
        />
        <span className={styles['caption']}>
          <b>{layer.layer}</b>
          <span className={styles['name']}>{name}</span>
          <span>{score}</span>
        </span>
      </button>
      <Numbers layer={layer} query={views.query} box={box.map((edge) => Math.round(edge)).join(' ')} />
    </li>
  );
}

function Numbers({ layer, query, box }: { layer: QueryLayerViews; query: number; box: string }): ReactNode {
  const { t } = useTranslation();
  const { content, position, cosine } = layer.norms;
  return (
    <dl className={styles['numbers']}>
      <Figure name={t('query.box')} hint={t('query.boxOf', { box })} value={box} />
      <Figure name={t('query.content')} hint={t('query.contentHint')} value={content.toFixed(1)} />
      {position === undefined ? null : (
        <Figure name={t('query.position')} hint={t('query.positionHint')} value={position.toFixed(1)} />
      )}
      <Figure name={t('query.cosine')} hint={t('query.cosineHint')} value={cosine.toFixed(3)} />
      {layer.self ? (
        <>
          <Figure name={t('query.itself')} hint={t('query.itselfHint')} value={formatPercent(layer.self[query] ?? 0)} />
          <Figure
            name={t('query.others')}
            hint={t('query.othersHint')}
            value={<Attended weights={layer.self} query={query} />}
          />
        </>
      ) : null}
    </dl>
  );
}

function Figure({ name, hint, value }: { name: string; hint: string; value: ReactNode }): ReactNode {
  return (
    <div title={hint}>
      <dt>{name}</dt>
      <dd>{value}</dd>
    </div>
  );
}

/** As many as fit under a picture; the lines on the stage show more. */
const NAMED = 3;

/** Queries by number; pointing at one lights its box up, clicking follows it. */
function Attended({ weights, query }: { weights: Float32Array; query: number }): ReactNode {
  const { t } = useTranslation();
  const store = useAppStore();
  const { hoverQuery, selectQuery } = store.getState();
  return (
    <span className={styles['attended']}>
      {mostAttended(weights, query, NAMED).map((other) => (
        <button
          key={other.query}
          type="button"
          aria-label={t('query.other', { query: other.query, share: formatPercent(other.weight) })}
          title={t('query.other', { query: other.query, share: formatPercent(other.weight) })}
          onPointerEnter={() => hoverQuery(other.query)}
          onPointerLeave={() => hoverQuery(null)}
          onClick={() => selectQuery(other.query)}
        >
          {other.query}
        </button>
      ))}
    </span>
  );
}
