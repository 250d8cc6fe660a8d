/**
 * How much of its labels a model knows before a run: what the KL to the start is worth (setting refScale). A start that finds
 * nothing is no reference to stay near (docs/learning.md).
 */
import type { RewardSettings } from '../lib/rl-settings';
import type { SetPrediction } from '../lib/set-prediction';
import type { ImageLabels, TrainingImage } from '../lib/training';
import type { Detector } from '../models/detector';
import { match } from '../models/matching/match';
import type { MatchWeights } from '../models/set-loss/recipe';
import { layerReward } from '../rl/rewards';
import { eachAnswer } from './first-answers';
import type { TakeTurn } from './held-out';

/** Labels that were found, of all that were looked for. */
export class Found {
  private found = 0;
  private all = 0;

  constructor(
    private readonly weights: MatchWeights,
    private readonly settings: RewardSettings,
  ) {}

  add(prediction: SetPrediction, labels: ImageLabels): void {
    const pairs = match(prediction, labels, this.weights);
    const { accuracy } = layerReward(prediction, labels, pairs, this.settings);
    this.found += accuracy * labels.classes.length;
    this.all += labels.classes.length;
  }

  /** 0..1, 0 without labels. */
  get share(): number {
    return this.found / Math.max(1, this.all);
  }
}

/**
 * @param detector with the data's classes, before the run
 * @returns 0..1, the share of the labels whose matched query of the last layer is confident of the right class: the accuracy of
 *   ../shared/design/rl.md, over all labels
 * @throws DetectorError `image` for one that cannot be decoded
 */
export async function foundLabels(
  detector: Detector,
  images: readonly TrainingImage[],
  settings: RewardSettings,
  turn: TakeTurn,
): Promise<number> {
  const found = new Found(detector.setLoss.match, settings);
  await eachAnswer(detector, images, turn, (prediction, labels) => found.add(prediction, labels));
  return found.share;
}
