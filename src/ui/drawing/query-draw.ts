/** Draws what a query looked at, in two parts: heat below the boxes, marks above them. Units as in draw-scene.ts. */
import { HALO, type Pen, type SceneStyle } from './draw-scene';
import { heatPicture } from './query-heat';
import type { QueryPoint, QueryScene } from './query-views';
import { toScreen, type Size, type View } from './view';

export type PicturePen = Pen &
  Pick<CanvasRenderingContext2D, 'drawImage' | 'imageSmoothingEnabled' | 'imageSmoothingQuality'>;

/** Radius of a dot of weight 1, in widths of a box's line: the area is the weight. */
const RADIUS = 8;
const LEAST_RADIUS = 0.5;
const PAST_ALPHA = 0.55;
/** Width of the strongest line to another query, in widths of a box's line. */
const WIDEST = 2.5;
const MARK = '#ffffff';

/** Over the whole image. @param image upright size in pixels */
export function drawHeat(pen: PicturePen, { heat }: Pick<QueryScene, 'heat'>, view: View, image: Size): void {
  if (!heat) return;
  pen.save();
  pen.imageSmoothingEnabled = true;
  pen.imageSmoothingQuality = 'high';
  pen.drawImage(heatPicture(heat), view.x, view.y, image.width * view.scale, image.height * view.scale);
  pen.restore();
}

export function drawMarks(pen: Pen, scene: QueryScene, view: View, style: SceneStyle): void {
  pen.save();
  drawLinks(pen, scene, view, style);
  for (const point of scene.points) drawPoint(pen, point, view, style);
  if (scene.cell) drawCell(pen, scene.cell, view, style);
  if (scene.anchor) drawAnchor(pen, scene.anchor, view, style);
  pen.restore();
}

function drawPoint(pen: Pen, { x, y, weight, colour, past }: QueryPoint, view: View, style: SceneStyle): void {
  const radius = style.line * Math.max(RADIUS * Math.sqrt(weight), LEAST_RADIUS);
  pen.globalAlpha = past ? PAST_ALPHA : 0.9;
  pen.fillStyle = colour;
  pen.strokeStyle = HALO;
  pen.lineWidth = style.line / 2;
  pen.beginPath();
  pen.arc(x * view.scale + view.x, y * view.scale + view.y, radius, 0, 2 * Math.PI);
  pen.fill();
  pen.stroke();
}

function drawLinks(pen: Pen, { links }: QueryScene, view: View, style: SceneStyle): void {
  const strongest = links[0]?.weight ?? 1;
  for (const { from, to, weight } of links) {
    const [x0, y0, x1, y1] = toScreen(view, [...from, ...to]);
    const width = style.line * Math.max((WIDEST * weight) / strongest, 0.25);
    pen.globalAlpha = 0.85;
    for (const [ink, wide] of [
      [HALO, width + style.line],
      [MARK, width],
    ] as const) {
      pen.strokeStyle = ink;
      pen.lineWidth = wide;
      pen.beginPath();
      pen.moveTo(x0, y0);
      pen.lineTo(x1, y1);
      pen.stroke();
    }
    pen.fillStyle = MARK;
    pen.beginPath();
    pen.arc(x1, y1, Math.max(width, style.line), 0, 2 * Math.PI);
    pen.fill();
  }
}

function drawCell(pen: Pen, cell: readonly [number, number, number, number], view: View, style: SceneStyle): void {
  const [x0, y0, x1, y1] = toScreen(view, cell);
  pen.globalAlpha = 1;
  pen.strokeStyle = HALO;
  pen.lineWidth = style.line * 2;
  pen.strokeRect(x0, y0, x1 - x0, y1 - y0);
  pen.strokeStyle = MARK;
  pen.lineWidth = style.line;
  pen.strokeRect(x0, y0, x1 - x0, y1 - y0);
}

/** A cross. */
function drawAnchor(pen: Pen, [x, y]: readonly [number, number], view: View, style: SceneStyle): void {
  const [cx, cy] = [x * view.scale + view.x, y * view.scale + view.y];
  const arm = style.line * 4;
  pen.globalAlpha = 1;
  for (const [ink, wide] of [
    [HALO, style.line * 2],
    [MARK, style.line],
  ] as const) {
    pen.strokeStyle = ink;
    pen.lineWidth = wide;
    pen.beginPath();
    pen.moveTo(cx - arm, cy);
    pen.lineTo(cx + arm, cy);
    pen.moveTo(cx, cy - arm);
    pen.lineTo(cx, cy + arm);
    pen.stroke();
  }
}
