/** A comparison as JSON: both models, their detections and times on this image, and what was measured on labels. */
import { SAME_IOU, type Compared, type Side } from '../../lib/compare-models';
import type { EvaluationResult } from '../../lib/types';
import { isError, type CompareState } from '../../state/compare';
import { currentItem } from '../../state/select';
import type { AppState } from '../../state/store';
import type { Shown } from './use-comparison';

const detection = ({ query, name, score, box }: Compared): object => ({ query, class: name, score, box: [...box] });

function sideOf(shown: Shown, side: Side): object | null {
  const { model, result, layer, found } = shown.sides[side];
  if (!model || !result) return null;
  const { id, name, family, parameters } = model;
  return { id, name, family, parameters, layer, ms: result.ms, detections: found.map(detection) };
}

const accuracy = ({ images, layers }: EvaluationResult): object => ({
  images,
  layers: layers.map(({ layer, AP, AP50 }) => ({ layer, AP, AP50 })),
});

/** Boxes are corners in pixels of the upright image, times milliseconds; matches are places in the two lists. */
export function comparisonJson(
  shown: Shown,
  app: Pick<AppState, 'images' | 'currentImage' | 'threshold' | 'device'> & AppState,
  { measure }: Pick<CompareState, 'measure'>,
): string {
  const { sides, comparison } = shown;
  const item = currentItem(app);
  const place = (side: Side, key: string): number => sides[side].found.findIndex((each) => each.key === key);
  const measured = (side: Side): object | null =>
    measure.state === 'done'
      ? isError(measure.sides[side])
        ? measure.sides[side]
        : accuracy(measure.sides[side])
      : null;
  const report = {
    image: item && { file: item.name, width: item.width, height: item.height },
    adapter: app.device?.adapter ?? null,
    threshold: app.threshold,
    sameIoU: SAME_IOU,
    left: sideOf(shown, 'left'),
    right: sideOf(shown, 'right'),
    matches: comparison?.pairs.map(({ left, right, iou }) => ({
      left: place('left', left.key),
      right: place('right', right.key),
      iou,
    })),
    onLabels:
      measure.state === 'done' ? { part: measure.part, left: measured('left'), right: measured('right') } : null,
  };
  return JSON.stringify(report, null, 2);
}
