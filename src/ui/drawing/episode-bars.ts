/** The numbers of an outcome as lengths and colours: the four parts of a reward as one bar, an advantage as a colour. */
import type { RewardParts } from '../../lib/training';

export type RewardPart = 'iou' | 'accuracy' | 'overlap' | 'extra';

/** How much each part counts (rl-settings.ts). */
export interface RewardWeights {
  alpha: number;
  gamma: number;
  delta: number;
}

export interface BarSegment {
  part: RewardPart;
  /** What it adds to the reward; negative for what it takes away. */
  value: number;
  /** Fractions of the bar's width, from the left. */
  from: number;
  to: number;
}

export interface RewardBar {
  segments: BarSegment[];
  /** Where nothing is earned. */
  zero: number;
  /** Where the reward lies; null where it is not the sum of its parts. */
  reward: number | null;
}

/** Paul Tol's muted scheme: what is earned cool, what is lost warm. */
export const PART_COLOURS: Readonly<Record<RewardPart, string>> = {
  iou: '#4477aa',
  accuracy: '#44bb99',
  overlap: '#ddaa33',
  extra: '#cc6677',
};

const SAME = 1e-3;

/**
 * IoU and accuracy to the right of zero, overlap and extra predictions to its left.
 * @param weights of the run; the bar's ends are the best and the worst reward that they allow
 */
export function rewardBar(outcome: RewardParts, { alpha, gamma, delta }: RewardWeights): RewardBar {
  const [least, most] = [-(gamma + delta), 1 + alpha];
  const place = (value: number): number => Math.min(1, Math.max(0, (value - least) / (most - least)));
  const stack = (parts: readonly [RewardPart, number][]): BarSegment[] => {
    let at = 0;
    return parts
      .filter(([, value]) => Number.isFinite(value) && value !== 0)
      .map(([part, value]) => {
        const ends = [place(at), place((at += value))];
        return { part, value, from: Math.min(...ends), to: Math.max(...ends) };
      });
  };
  const segments = [
    ...stack([
      ['iou', outcome.iou],
      ['accuracy', alpha * outcome.accuracy],
    ]),
    ...stack([
      ['overlap', -gamma * outcome.overlap],
      ['extra', -delta * outcome.extra],
    ]),
  ];
  const sum = segments.reduce((total, { value }) => total + value, 0);
  const isSum = Math.abs(sum - outcome.reward) <= SAME;
  return { segments, zero: place(0), reward: isSum ? place(outcome.reward) : null };
}

/** Advantages are a group's return in standard deviations: beyond 2 there is little. */
const STRONGEST = 2;

/** Blue above the group's mean, orange below, nothing at it: "rgb(r g b / alpha)". */
export function advantageColour(advantage: number): string {
  const strength = Math.min(1, Math.abs(advantage) / STRONGEST) * 0.75;
  if (!(strength > 0)) return 'transparent';
  return `rgb(${advantage > 0 ? '51 136 221' : '238 119 51'} / ${strength.toFixed(2)})`;
}
