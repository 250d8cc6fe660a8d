/** Zoom and pan of two frames of the same size as one: wheel and pinch zoom at the cursor, a drag pans. */
import { select } from 'd3-selection';
import { zoom as createZoom, zoomIdentity, type D3ZoomEvent, type ZoomTransform } from 'd3-zoom';
import type { Zoom } from '../../ui/drawing/view';

const LEAST = 0.5;
const MOST = 64;
const STEP = 1.4;

export interface LinkedZoom {
  in(): void;
  out(): void;
  /** Fits the picture again. */
  fit(): void;
  destroy(): void;
}

/** @param onZoom is told the zoom on top of the fitted view, once for every change */
export function linkZoom(frames: readonly HTMLElement[], onZoom: (zoom: Zoom) => void): LinkedZoom {
  const targets = frames.map((frame) => select(frame));
  let following = false;
  const behaviour = createZoom<HTMLElement, unknown>()
    .scaleExtent([LEAST, MOST])
    .filter((event: MouseEvent | TouchEvent | WheelEvent) => !('button' in event) || event.button <= 1)
    .on('zoom', function (this: HTMLElement, { transform }: D3ZoomEvent<HTMLElement, unknown>) {
      if (following) return;
      follow(this, transform);
      onZoom(transform);
    });
  const follow = (moved: HTMLElement, transform: ZoomTransform): void => {
    following = true;
    for (const target of targets) if (target.node() !== moved) behaviour.transform(target, transform);
    following = false;
  };
  for (const target of targets) target.call(behaviour).on('dblclick.zoom', null);
  const [first] = targets;
  return {
    in: () => first && behaviour.scaleBy(first, STEP),
    out: () => first && behaviour.scaleBy(first, 1 / STEP),
    fit: () => first && behaviour.transform(first, zoomIdentity),
    destroy: () => {
      for (const target of targets) target.on('.zoom', null);
    },
  };
}
