/** A part of the image with what a query looked at. */
import { useEffect, useMemo, useRef, type PointerEvent, type ReactNode } from 'react';
import type { PixelXyxy } from '../../lib/boxes';
import { boxFrame } from '../../ui/drawing/draw-scene';
import { drawPicture, sharpPen } from '../../ui/drawing/pen';
import { drawHeat, drawMarks } from '../../ui/drawing/query-draw';
import type { QueryScene } from '../../ui/drawing/query-views';
import { toScreen, type Size, type View } from '../../ui/drawing/view';
import styles from './query.module.css';

export interface LookPicture {
  scene: QueryScene;
  /** The query's box in pixels of the image, and its colour. */
  box: PixelXyxy | null;
  colour: string;
  /** The part of the image that is shown. */
  region: PixelXyxy;
  size: Size;
  picture: ImageBitmap | null;
}

interface LookCanvasProps extends LookPicture {
  /** Told the point of the image under the pointer and how many image pixels a CSS pixel is; null when it is gone. */
  onPlace(place: { x: number; y: number; pixel: number } | null): void;
}

/** Finer than on the stage: the picture is small. */
const BOX_LINE = 1.25;
const STYLE = { line: 0.8, text: 10, tags: false };

export function LookCanvas({ onPlace, ...look }: LookCanvasProps): ReactNode {
  const canvas = useRef<HTMLCanvasElement>(null);
  const { scene, box, colour, region, size, picture } = look;
  const shown = useMemo(
    () => ({ scene, box, colour, region, size, picture }),
    [scene, box, colour, region, size, picture],
  );

  useEffect(() => {
    const element = canvas.current;
    if (!element) return;
    const resized = new ResizeObserver(() => paint(element, shown));
    resized.observe(element);
    return () => resized.disconnect();
  }, [shown]);

  const point = ({ currentTarget, clientX, clientY }: PointerEvent<HTMLCanvasElement>): void => {
    const { left, top, width } = currentTarget.getBoundingClientRect();
    const pixel = (region[2] - region[0]) / Math.max(width, 1);
    onPlace({ x: region[0] + (clientX - left) * pixel, y: region[1] + (clientY - top) * pixel, pixel });
  };
  return (
    <canvas
      ref={canvas}
      aria-hidden="true"
      className={styles['picture']}
      style={{ aspectRatio: `${region[2] - region[0]} / ${region[3] - region[1]}` }}
      onPointerMove={point}
      onPointerLeave={() => onPlace(null)}
    />
  );
}

function paint(canvas: HTMLCanvasElement, { scene, box, colour, region, size, picture }: LookPicture): void {
  const sharp = sharpPen(canvas);
  if (!sharp) return;
  const { pen, width } = sharp;
  const scale = width / (region[2] - region[0]);
  const view: View = { scale, x: -region[0] * scale, y: -region[1] * scale };
  drawPicture(pen, picture, [view.x, view.y, size.width * scale, size.height * scale]);
  drawHeat(pen, scene, view, size);
  if (box) boxFrame(pen, toScreen(view, box), colour, BOX_LINE, BOX_LINE, 1);
  drawMarks(pen, scene, view, STYLE);
}
