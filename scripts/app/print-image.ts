/** What `npm run detect` says of an image in the terminal. */
import type { ExportedImage } from '../../src/data/export';

/** One line for the image, one for each detection. */
export function printImage({ file, width, height, detections }: ExportedImage): string {
  const lines = detections.map(
    ({ label, score, box }) => `  ${score.toFixed(3)} ${label} [${box.map((edge) => edge.toFixed(1)).join(', ')}]`,
  );
  return [`${file} (${width}x${height}): ${detections.length} found`, ...lines].join('\n');
}
