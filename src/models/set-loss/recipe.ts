/** What distinguishes the families' set losses and matchings: numbers, as they stand in config.json. */

/** Costs of a pair in the matching: class, L1 of the boxes, and minus GIoU. */
export interface MatchWeights {
  readonly classes: number;
  readonly l1: number;
  readonly giou: number;
}

/** Losses of the edge distributions (D-FINE, arXiv 2410.13842, section 4), beside the set loss. */
export interface FineGrained {
  /** Weight of the fine-grained localisation loss. */
  readonly fgl: number;
  /** Weight of the distillation of the last layer's distributions into the others. */
  readonly ddf: number;
  /** n: a distribution has n + 1 bins (config max_num_bins). */
  readonly bins: number;
  /** Bound of the edges' offsets (config up). */
  readonly up: number;
  /** Curvature of the bins (config reg_scale). */
  readonly regScale: number;
}

export interface SetLossRecipe {
  /**
   * 'varifocal': IoU-aware (RT-DETR, arXiv 2304.08069, section 4.2); 'matchability': IoU-aware (DEIM, arXiv 2412.04234, section 3.3);
   * 'focal': sigmoid focal loss (Deformable DETR, arXiv 2010.04159); 'softmax': cross-entropy with "no object" as the last column
   * (DETR, arXiv 2005.12872).
   */
  readonly classes: 'varifocal' | 'matchability' | 'focal' | 'softmax';
  /** Balance of the positives in 'focal', and of the negatives in 'varifocal' and 'matchability'. */
  readonly alpha: number;
  /** Exponent of 'focal', of the negatives in 'varifocal' and 'matchability', and of the latter's targets. */
  readonly gamma: number;
  /** Weight of "no object" in 'softmax'. */
  readonly noObject: number;
  readonly weights: { readonly classes: number; readonly l1: number; readonly giou: number };
  /** Weights in the matching's cost; its class cost is -p for softmax, else the focal one with alpha 0.25 and gamma 2. */
  readonly match: MatchWeights;
  /** Where the family predicts distributions of edges and learns them. */
  readonly fineGrained?: FineGrained;
}

/** RT-DETR's, which StepDETR trains with too. */
export const RT_DETR_LOSS: SetLossRecipe = {
  classes: 'varifocal',
  alpha: 0.75,
  gamma: 2,
  noObject: 0,
  weights: { classes: 1, l1: 5, giou: 2 },
  match: { classes: 2, l1: 5, giou: 2 },
};

/** DEIMv2's, as its authors train Atto, Femto and Pico: the small ones learn without the losses of edge distributions. */
export const DEIMV2_LOSS: SetLossRecipe = { ...RT_DETR_LOSS, classes: 'matchability', alpha: 1, gamma: 1.5 };
