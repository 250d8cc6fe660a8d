/** What distinguishes the families' set losses and matchings: numbers, as they stand in config.json. */

export interface SetLossRecipe {
  /**
   * 'varifocal': IoU-aware (RT-DETR, arXiv 2304.08069, section 4.2); 'focal': sigmoid focal loss (Deformable DETR, arXiv 2010.04159);
   * 'softmax': cross-entropy with "no object" as the last column (DETR, arXiv 2005.12872).
   */
  readonly classes: 'varifocal' | 'focal' | 'softmax';
  /** Balance of the positives in 'focal' and of the negatives in 'varifocal'. */
  readonly alpha: number;
  /** Exponent of 'focal' and of the negatives in 'varifocal'. */
  readonly gamma: number;
  /** Weight of "no object" in 'softmax'. */
  readonly noObject: number;
  readonly weights: { readonly classes: number; readonly l1: number; readonly giou: number };
  /** Weights in the matching's cost; its class cost is -p for softmax, else the focal one with alpha 0.25 and gamma 2. */
  readonly match: { readonly classes: number; readonly l1: number; readonly giou: number };
}

/** RT-DETR's, which StepDETR and DEIMv2 train with here. */
export const RT_DETR_LOSS: SetLossRecipe = {
  classes: 'varifocal',
  alpha: 0.75,
  gamma: 2,
  noObject: 0,
  weights: { classes: 1, l1: 5, giou: 2 },
  match: { classes: 2, l1: 5, giou: 2 },
};
