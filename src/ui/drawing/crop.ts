/** The surroundings of a label or a detection, cut out of its image: the label dashed, what was found in its class's colour. */
import type { UnitCxcywh } from '../../lib/boxes';
import { classColour } from './colours';
import { drawPicture } from './pen';
import type { Size } from './view';

/** Pixels of the image. */
export interface CropBox {
  x: number;
  y: number;
  side: number;
}

interface Pair {
  truth: { class: number; box: UnitCxcywh } | null;
  found: { class: number; box: UnitCxcywh } | null;
}

/** How much of the longer side is shown around it. */
const MARGIN = 0.3;
const LEAST_SIDE = 24;

/** The square around both boxes with some of what surrounds them; it may reach over the image's edges. */
export function cropAround({ truth, found }: Pair, size: Size): CropBox {
  const boxes = [truth, found].flatMap((each) => (each ? [each.box] : []));
  const low = (axis: 0 | 1, length: number): number =>
    Math.min(...boxes.map((box) => (box[axis] - box[(axis + 2) as 2 | 3] / 2) * length));
  const high = (axis: 0 | 1, length: number): number =>
    Math.max(...boxes.map((box) => (box[axis] + box[(axis + 2) as 2 | 3] / 2) * length));
  const [x0, x1, y0, y1] = [low(0, size.width), high(0, size.width), low(1, size.height), high(1, size.height)];
  const side = Math.max(LEAST_SIDE, Math.max(x1 - x0, y1 - y0) * (1 + 2 * MARGIN));
  return { x: (x0 + x1 - side) / 2, y: (y0 + y1 - side) / 2, side };
}

/** @param bitmap the image or a reduced copy of it; null where it cannot be shown */
export function drawCrop(
  canvas: HTMLCanvasElement,
  bitmap: ImageBitmap | null,
  { x, y, side }: CropBox,
  { truth, found }: Pair,
  names: readonly string[],
  size: Size,
): void {
  const pen = canvas.getContext('2d');
  const shown = Math.max(canvas.clientWidth, 1);
  canvas.width = canvas.height = Math.round(shown * window.devicePixelRatio);
  if (!pen) return;
  const scale = canvas.width / side;
  pen.setTransform(scale, 0, 0, scale, -x * scale, -y * scale);
  drawPicture(pen, bitmap, [0, 0, size.width, size.height]);
  const line = (2 * window.devicePixelRatio) / scale;
  const stroke = ([cx, cy, w, h]: UnitCxcywh, colour: string, dash: number[]): void => {
    pen.setLineDash(dash);
    pen.lineWidth = line;
    pen.strokeStyle = colour;
    pen.strokeRect((cx - w / 2) * size.width, (cy - h / 2) * size.height, w * size.width, h * size.height);
  };
  if (found) stroke(found.box, classColour(names[found.class] ?? `class ${found.class}`), []);
  if (truth) stroke(truth.box, '#ffffff', [2 * line, 1.5 * line]);
}
