/** Both sides as one picture at full size, each under the name of its model. */
import { SIDES } from '../../lib/compare-models';
import type { Decoded } from '../../state/pictures';
import { exportStyle } from '../../ui/drawing/annotated';
import { drawScene, FONT } from '../../ui/drawing/draw-scene';
import { sceneOf } from './scene';
import type { Shown } from './use-comparison';

/** Browsers make no canvas that is wider. */
const MOST_SIDE = 16_384;

/** @param highlighted keys that stand out, as on the page */
export async function comparisonPicture(
  { bitmap, width, height }: Decoded,
  { sides, comparison }: Shown,
  highlighted: readonly string[],
): Promise<Blob> {
  const scale = Math.min(1, MOST_SIDE / (2 * width + 1), MOST_SIDE / (height + 64));
  const style = exportStyle(width * scale, height * scale);
  const [gap, head] = [style.line * 2, style.text * 2.2];
  const canvas = new OffscreenCanvas(Math.floor(2 * width * scale + gap), Math.floor(height * scale + head));
  const pen = canvas.getContext('2d')!;
  pen.fillStyle = '#ffffff';
  pen.fillRect(0, 0, canvas.width, canvas.height);
  pen.imageSmoothingQuality = 'high';
  const viewport = { width: width * scale, height: height * scale };
  for (const [index, side] of SIDES.entries()) {
    const { found, model } = sides[side];
    const alone = new Set(comparison?.only[side].map(({ key }) => key));
    pen.save();
    pen.translate(index * (viewport.width + gap), 0);
    pen.beginPath();
    pen.rect(0, 0, viewport.width, canvas.height);
    pen.clip();
    pen.fillStyle = '#111111';
    pen.font = `600 ${style.text}px ${FONT}`;
    pen.textBaseline = 'middle';
    pen.fillText(model?.name ?? '', style.text * 0.4, head / 2);
    pen.translate(0, head);
    pen.drawImage(bitmap, 0, 0, viewport.width, viewport.height);
    drawScene(pen, sceneOf(found, new Set(highlighted), alone), { scale, x: 0, y: 0 }, viewport, style);
    pen.restore();
  }
  return canvas.convertToBlob({ type: 'image/png' });
}
