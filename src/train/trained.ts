/** Which of a model's parameters a run trains, and how. */
import type { TrainSettings } from '../lib/train-settings';
import type { Detector } from '../models/detector';
import type { ParameterGroup } from '../nn/parameters';

/** Groups that learn: decoder, heads and policy by default; the encoder on request; a backbone never. */
function groupsOf({ encoder, policy }: TrainSettings): ReadonlySet<ParameterGroup> {
  return new Set<ParameterGroup>([
    'decoder',
    'heads',
    ...(policy === 'none' ? [] : (['policy'] as const)),
    ...(encoder === 'trained' ? (['encoder'] as const) : []),
  ]);
}

export function trainedNames(detector: Detector, settings: TrainSettings): string[] {
  const groups = groupsOf(settings);
  return detector.rules.filter(({ group }) => groups.has(group)).map(({ name }) => name);
}

/** Numbers that are trained, by group. */
export function trainedCounts(detector: Detector, settings: TrainSettings): Record<string, number> {
  const groups = groupsOf(settings);
  const counts: Record<string, number> = {};
  for (const { group, shape } of detector.rules) {
    if (!groups.has(group)) continue;
    counts[group] = (counts[group] ?? 0) + shape.reduce((product, side) => product * side, 1);
  }
  return counts;
}

/** How much faster than the rest a parameter learns. */
export function rateOf(detector: Detector, settings: TrainSettings): (name: string) => number {
  const heads = new Set(detector.classHeads.flatMap(({ weight, bias }) => [weight, bias]));
  return (name) => (heads.has(name) ? settings.classRate : 1);
}

/** Weight decay is for matrices and filters, not for biases, norms and log_std. */
export function decaysOf(detector: Detector): (name: string) => boolean {
  const ranks = new Map(detector.rules.map(({ name, shape }) => [name, shape.length]));
  return (name) => (ranks.get(name) ?? 0) >= 2;
}
