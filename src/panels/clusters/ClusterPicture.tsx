/** The clusters of one encoder layer over the image; pointing at one shows its members. */
import { useEffect, useRef, useState, type PointerEvent, type ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import type { ClusterComparison, ClusterMap } from '../../lib/clusters';
import type { ImageDetections } from '../../lib/types';
import { useAppState, useAppStore } from '../../state/react';
import { clusterAt, clusterColour, clusterSizes, drawClusters, largestClusters } from '../../ui/drawing/clusters';
import { drawPicture, sharpPen } from '../../ui/drawing/pen';
import { Segmented } from '../../ui/Segmented';
import styles from './clusters.module.css';
import { usePicture } from '../../state/use-picture';

/** So many clusters have a button of their own. */
const LISTED = 8;

interface ClusterPictureProps {
  image: string;
  /** Encoder layers there are to choose from. */
  layers: number;
  /** Null while it is under way: the photo alone keeps the place. */
  comparison: ClusterComparison | null;
  result: Pick<ImageDetections, 'width' | 'height'>;
}

export function ClusterPicture({ image, layers, comparison, result }: ClusterPictureProps): ReactNode {
  const chosen = useAppState((state) => state.clusterLayer);
  const [picked, setPicked] = useState<number | null>(null);
  const picture = usePicture(image);
  const map = comparison?.layers[chosen] ?? null;
  return (
    <div className={styles['map']}>
      {layers > 1 ? <LayerChoice layers={layers} /> : null}
      <Canvas map={map} picture={picture} size={result} picked={picked} onPick={setPicked} />
      <output className={styles['note']}>
        <Said map={map} picked={picked} />
      </output>
      <Largest map={map} picked={picked} onPick={setPicked} />
    </div>
  );
}

function LayerChoice({ layers }: { layers: number }): ReactNode {
  const { t } = useTranslation();
  const store = useAppStore();
  const chosen = useAppState((state) => state.clusterLayer);
  return (
    <div className={styles['layer']}>
      <span aria-hidden="true">{t('clusters.columns.layer')}</span>
      <Segmented
        label={t('clusters.layerChoice')}
        value={String(chosen)}
        options={Array.from({ length: layers }, (_, index) => ({ value: String(index), label: String(index + 1) }))}
        onChange={(layer) => store.getState().setClusterLayer(Number(layer))}
      />
    </div>
  );
}

/** The cluster that stands out in words. */
function Said({ map, picked }: Omit<PickProps, 'onPick'>): ReactNode {
  const { t } = useTranslation();
  if (!map) return t('clusters.comparing');
  const cells = picked === null ? undefined : clusterSizes(map)[picked];
  if (picked === null || cells === undefined)
    return t('clusters.pointHint', { rows: map.shape[0], columns: map.shape[1] });
  return t('clusters.members', { number: picked + 1, count: cells });
}

interface PickProps {
  map: ClusterMap | null;
  /** The cluster that stands out. */
  picked: number | null;
  onPick(cluster: number | null): void;
}

function Largest({ map, picked, onPick }: PickProps): ReactNode {
  const { t } = useTranslation();
  return (
    <ul className={styles['largest']} aria-label={t('clusters.largest')}>
      {(map ? largestClusters(map, LISTED) : []).map(({ cluster, cells }) => (
        <li key={cluster}>
          <button
            type="button"
            aria-pressed={picked === cluster}
            aria-label={t('clusters.members', { number: cluster + 1, count: cells })}
            onClick={() => onPick(picked === cluster ? null : cluster)}
          >
            <i style={{ background: `rgb(${clusterColour(cluster).join(' ')})` }} />
            {cells}
          </button>
        </li>
      ))}
    </ul>
  );
}

interface CanvasProps extends PickProps {
  /** Null: only the clusters are drawn. */
  picture: ImageBitmap | null;
  /** Pixels of the image. */
  size: Pick<ImageDetections, 'width' | 'height'>;
}

function Canvas({ map, picture, size, picked, onPick }: CanvasProps): ReactNode {
  const { t } = useTranslation();
  const canvas = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    const element = canvas.current;
    if (!element) return;
    const draw = (): void => paint(element, { map, picture, size, picked });
    const resized = new ResizeObserver(draw);
    resized.observe(element);
    return () => resized.disconnect();
  }, [map, picture, size, picked]);
  const point = ({ currentTarget, clientX, clientY }: PointerEvent<HTMLCanvasElement>): void => {
    const { left, top, width, height } = currentTarget.getBoundingClientRect();
    if (map) onPick(clusterAt(map, (clientX - left) / width, (clientY - top) / height));
  };
  return (
    <canvas
      ref={canvas}
      role="img"
      aria-label={t('clusters.picture', { count: map?.prototypes ?? 0 })}
      className={styles['picture']}
      style={{ aspectRatio: `${size.width} / ${size.height}` }}
      onPointerDown={point}
      onPointerMove={point}
      onPointerLeave={({ pointerType }) => {
        if (pointerType === 'mouse') onPick(null);
      }}
    />
  );
}

function paint(canvas: HTMLCanvasElement, { map, picture, size, picked }: Omit<CanvasProps, 'onPick'>): void {
  const sharp = sharpPen(canvas);
  if (!sharp) return;
  const { pen, width, height } = sharp;
  drawPicture(pen, picture, [0, 0, width, height]);
  if (map) drawClusters(pen, map, { scale: width / size.width, x: 0, y: 0 }, size, picked);
}
