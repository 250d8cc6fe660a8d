/** Held-out images with labels and detections side by side. */
import type { LabelledDetections } from '../../lib/confusion';
import type { HeldOutDetections } from '../../lib/training';
import type { HeldOutLabels } from '../../state/training';

/** Images without one of the two are left out. */
export function labelledOf({ images }: HeldOutDetections, labels: HeldOutLabels): LabelledDetections[] {
  return Object.entries(images).flatMap(([id, detections]) => {
    const item = labels[id];
    return item ? [{ id, detections, labels: item.labels }] : [];
  });
}
