/** What `npm run detect` says of an image, as JSON and as lines of text. */
import { toPixelXyxy, unitBoxAt, type PixelXyxy } from '../../src/lib/boxes';
import { countAbove } from '../../src/lib/layers';
import type { ImageDetections } from '../../src/lib/types';

export interface ReportImage {
  /** As it was given. */
  file: string;
  /** Upright size in pixels. */
  width: number;
  height: number;
  /** Best first. */
  detections: { label: string; score: number; box: PixelXyxy; query: number }[];
}

/** Detections of the last layer with score >= threshold. */
export function detectionsReport(
  file: string,
  { width, height, layers }: ImageDetections,
  classes: readonly string[],
  threshold: number,
): ReportImage {
  const last = layers.at(-1);
  const count = last ? countAbove(last, threshold) : 0;
  const detections = Array.from({ length: count }, (_, k) => {
    const query = last!.query[k]!;
    const label = classes[last!.label[k]!] ?? `class ${last!.label[k]!}`;
    return { label, score: last!.score[k]!, box: toPixelXyxy(unitBoxAt(last!.boxes, query), width, height), query };
  });
  return { file, width, height, detections };
}

/** One line for the image, one for each detection. */
export function printImage({ file, width, height, detections }: ReportImage): string {
  const lines = detections.map(
    ({ label, score, box }) => `  ${score.toFixed(3)} ${label} [${box.map((side) => side.toFixed(1)).join(', ')}]`,
  );
  return [`${file} (${width}x${height}): ${detections.length} found`, ...lines].join('\n');
}
