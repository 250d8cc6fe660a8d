/** The clusters of one encoder layer over the image; pointing at one shows its members. */
import { useEffect, useRef, useState, type PointerEvent, type ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import type { ClusterComparison, ClusterMap } from '../../lib/clusters';
import type { ImageDetections } from '../../lib/types';
import { useAppState, useAppStore } from '../../state/react';
import { clusterAt, clusterColour, clusterSizes, drawClusters, largestClusters } from '../../ui/drawing/clusters';
import { Segmented } from '../../ui/Segmented';
import styles from './clusters.module.css';
import { usePicture } from '../../state/use-picture';

/** So many clusters have a button of their own. */
const LISTED = 8;

interface ClusterPictureProps {
  image: string;
  comparison: ClusterComparison;
  result: Pick<ImageDetections, 'width' | 'height'>;
}

export function ClusterPicture({ image, comparison, result }: ClusterPictureProps): ReactNode {
  const { t } = useTranslation();
  const store = useAppStore();
  const chosen = useAppState((state) => state.clusterLayer);
  const [picked, setPicked] = useState<number | null>(null);
  const picture = usePicture(image);
  const map = comparison.layers[chosen];
  if (!map) return null;
  const sizes = clusterSizes(map);
  const said = picked === null ? undefined : sizes[picked];
  return (
    <div className={styles['map']}>
      {comparison.layers.length > 1 ? (
        <Segmented
          label={t('clusters.layerChoice')}
          value={String(chosen)}
          options={comparison.layers.map((_, index) => ({ value: String(index), label: String(index + 1) }))}
          onChange={(layer) => store.getState().setClusterLayer(Number(layer))}
        />
      ) : null}
      <Canvas map={map} picture={picture} size={result} picked={picked} onPick={setPicked} />
      <output className={styles['note']}>
        {said === undefined
          ? t('clusters.pointHint', { rows: map.shape[0], columns: map.shape[1] })
          : t('clusters.members', { number: picked! + 1, count: said })}
      </output>
      <Largest map={map} picked={picked} onPick={setPicked} />
    </div>
  );
}

interface PickProps {
  map: ClusterMap;
  /** The cluster that stands out. */
  picked: number | null;
  onPick(cluster: number | null): void;
}

function Largest({ map, picked, onPick }: PickProps): ReactNode {
  const { t } = useTranslation();
  return (
    <ul className={styles['largest']} aria-label={t('clusters.largest')}>
      {largestClusters(map, LISTED).map(({ cluster, cells }) => (
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
    onPick(clusterAt(map, (clientX - left) / width, (clientY - top) / height));
  };
  return (
    <canvas
      ref={canvas}
      role="img"
      aria-label={t('clusters.picture', { count: map.prototypes })}
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
  const { clientWidth: width, clientHeight: height } = canvas;
  const pen = canvas.getContext('2d');
  if (!pen || width === 0) return;
  const density = window.devicePixelRatio;
  canvas.width = Math.round(width * density);
  canvas.height = Math.round(height * density);
  pen.scale(density, density);
  pen.imageSmoothingQuality = 'high';
  // A closed bitmap has no width.
  if (picture && picture.width > 0) pen.drawImage(picture, 0, 0, width, height);
  drawClusters(pen, map, { scale: width / size.width, x: 0, y: 0 }, size, picked);
}
