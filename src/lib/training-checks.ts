/** What a run needs before it can start. */
import type { TrainMethod } from './train-settings';
import type { TrainingImage } from './training';

/** What the data of a run comes to. */
export interface DataCounts {
  classes: number;
  /** Labelled images of the training split; those of them that are declared empty count. */
  train: number;
  /** Labelled images that are held out. */
  val: number;
  /** Images of the training split without labels. */
  unlabelled: number;
  /** Labelled boxes of the training split. */
  boxes: number;
}

export const NO_DATA: DataCounts = { classes: 0, train: 0, val: 0, unlabelled: 0, boxes: 0 };

/** As much of a TrainingData as is counted: the files may be elsewhere. */
interface Counted {
  readonly classes: readonly string[];
  readonly images: readonly {
    readonly split: TrainingImage['split'];
    readonly labels: { readonly classes: ArrayLike<number> } | null;
  }[];
}

export function countData({ classes, images }: Counted): DataCounts {
  const labelled = images.filter(({ labels }) => labels !== null);
  const train = labelled.filter(({ split }) => split === 'train');
  return {
    classes: classes.length,
    train: train.length,
    val: labelled.length - train.length,
    unlabelled: images.filter(({ split, labels }) => split === 'train' && labels === null).length,
    boxes: train.reduce((sum, { labels }) => sum + labels!.classes.length, 0),
  };
}

/** In the order in which a person puts it right. */
export type Missing = 'images' | 'labels' | 'boxes' | 'device' | 'model';

/** What keeps a run from starting, most basic first; empty when it can start. */
export function missingFor(
  method: TrainMethod,
  counts: DataCounts,
  ready: { device: boolean; model: boolean },
): Missing[] {
  const missing: Missing[] = [];
  if (!ready.device) missing.push('device');
  if (!ready.model) missing.push('model');
  if (method === 'distil') {
    // A teacher needs pictures, not labels.
    if (counts.train + counts.unlabelled === 0) missing.push('images');
  } else if (counts.train === 0) missing.push('labels');
  else if (counts.boxes === 0) missing.push('boxes');
  return missing;
}
