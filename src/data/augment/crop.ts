/**
 * A random part of an image that still shows a labelled object (SSD, arXiv 1512.02325, section 2.2; numbers of torchvision's
 * RandomIoUCrop).
 */
import { overlapOf } from '../../lib/box-overlap';
import { unitBoxAt } from '../../lib/boxes';
import { between, type Random } from '../../lib/random';
import { keptShare, LEAST_SHARE } from './labels';
import { WHOLE, type Rect, type ViewSource } from './types';

/** How much of an object's box and the part have to overlap (IoU): one is drawn; 1 leaves the image whole. */
const OVERLAPS = [0, 0.1, 0.3, 0.5, 0.7, 0.9, 1] as const;
/** Sides of the part over the image's. torchvision's start at 0.3: too far in for a run of a few photos and a frozen encoder. */
const SIDES: readonly [number, number] = [0.5, 1];
/** Width over height of the part in pixels. */
const ASPECTS: readonly [number, number] = [0.5, 2];
const TRIALS = 40;

function drawn({ width, height }: ViewSource, random: Random): Rect | null {
  const [w, h] = [between(random, ...SIDES), between(random, ...SIDES)];
  const [x, y] = [between(random, 0, 1 - w), between(random, 0, 1 - h)];
  const aspect = (w * width) / (h * height);
  return aspect >= ASPECTS[0] && aspect <= ASPECTS[1] ? { x, y, w, h } : null;
}

/** Whether a label's centre is in the part, enough of it is left, and it overlaps the part by `least`. */
function shows({ x, y, w, h }: Rect, boxes: Float32Array, label: number, least: number): boolean {
  const [cx, cy] = unitBoxAt(boxes, label);
  if (!(cx >= x && cx <= x + w && cy >= y && cy <= y + h)) return false;
  if (!(keptShare({ x, y, w, h }, unitBoxAt(boxes, label)) >= LEAST_SHARE)) return false;
  return overlapOf(boxes, label, [x + w / 2, y + h / 2, w, h], 0).iou >= least;
}

/** The whole image where no trial finds a part. Without labelled objects any part will do. */
export function cropOf(image: ViewSource, random: Random): Rect {
  const least = OVERLAPS[Math.floor(random() * OVERLAPS.length)]!;
  if (least === 1) return WHOLE;
  const labels = image.labels ?? { classes: [], boxes: new Float32Array(0) };
  for (let trial = 0; trial < TRIALS; trial++) {
    const part = drawn(image, random);
    if (!part) continue;
    if (labels.classes.length === 0 || labels.classes.some((_, label) => shows(part, labels.boxes, label, least)))
      return part;
  }
  return WHOLE;
}
