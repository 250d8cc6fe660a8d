/** Ties the two canvases together: one zoom, and a box under the pointer stands out on both sides. */
import type { Side } from '../../lib/compare-models';
import { hitBox } from '../../ui/drawing/hit';
import type { Scene } from '../../ui/drawing/scene';
import { toImage, type Size } from '../../ui/drawing/view';
import { linkZoom, type LinkedZoom } from './link-zoom';
import { PicturePainter } from './painter';

/** CSS pixels around a box's edge that still mean the box. */
const SLACK = 4;

export interface PictureParts {
  /** Takes pointer and wheel. */
  frame: HTMLElement;
  canvas: HTMLCanvasElement;
}

export interface PicturesHandle {
  zoom: LinkedZoom;
  setImage(bitmap: ImageBitmap | null, size: Size): void;
  setScene(side: Side, scene: Scene): void;
  destroy(): void;
}

/** @param onHover is told the place of the box under the pointer in a side's scene, -1 where there is none */
export function mountPictures(
  parts: Record<Side, PictureParts>,
  onHover: (side: Side, index: number) => void,
): PicturesHandle {
  const sides = [mountSide('left', parts.left, onHover), mountSide('right', parts.right, onHover)] as const;
  const painters = { left: sides[0].painter, right: sides[1].painter };
  const zoom = linkZoom([parts.left.frame, parts.right.frame], (next) => {
    painters.left.setZoom(next);
    painters.right.setZoom(next);
  });
  return {
    zoom,
    setImage: (bitmap, size) => {
      painters.left.setImage(bitmap, size);
      painters.right.setImage(bitmap, size);
    },
    setScene: (side, scene) => painters[side].setScene(scene),
    destroy: () => {
      zoom.destroy();
      for (const { stop } of sides) stop();
    },
  };
}

function mountSide(
  side: Side,
  { frame, canvas }: PictureParts,
  onHover: (side: Side, index: number) => void,
): { painter: PicturePainter; stop: () => void } {
  const painter = new PicturePainter(canvas);
  const observer = new ResizeObserver(([entry]) => {
    if (entry) painter.resize(entry.contentRect, window.devicePixelRatio);
  });
  observer.observe(frame);
  const stop = new AbortController();
  const { signal } = stop;
  const move = (event: PointerEvent): void => {
    if (event.pointerType !== 'mouse') return;
    const rect = frame.getBoundingClientRect();
    const view = painter.view();
    const [x, y] = toImage(view, event.clientX - rect.left, event.clientY - rect.top);
    onHover(side, hitBox(painter.scene.boxes, x, y, SLACK / view.scale));
  };
  frame.addEventListener('pointermove', move, { signal });
  frame.addEventListener('pointerleave', () => onHover(side, -1), { signal });
  return {
    painter,
    stop: () => {
      stop.abort();
      observer.disconnect();
      painter.destroy();
    },
  };
}
