/** Our answers in the form that the bench compares. */
import { toPixelXyxy, unitBoxAt } from '../../../src/lib/boxes';
import type { ImageDetections } from '../../../src/lib/types';
import type { Detection } from '../agreement';

/** The last layer's detections, best first. */
export function lastDetections({ layers }: Pick<ImageDetections, 'layers'>): Detection[] {
  const { boxes, query, label, score } = layers.at(-1)!;
  return Array.from(query, (q, i): Detection => {
    const [x0, y0, x1, y1] = toPixelXyxy(unitBoxAt(boxes, q), 1, 1);
    return { label: label[i]!, score: score[i]!, box: [x0, y0, x1, y1] };
  });
}
