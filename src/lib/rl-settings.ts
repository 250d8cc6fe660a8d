/**
 * Settings of reinforcement-learning fine-tuning: every number of ../shared/design/rl.md, with its default and one sentence.
 * Plain data in lib, since the interface shows it, the worker runs it and a run keeps it.
 */

export type PolicyLoss = 'none' | 'reinforce' | 'clip';
export type Baseline = 'group' | 'leave-one-out' | 'batch';
export type Credit = 'image' | 'query';
/** What the policy's loss is a mean over. */
export type PolicyNorm = 'queries' | 'labels';
export type RewardKind = 'parts' | 'set-loss';
/** What the KL to the start is multiplied by beside its weight: nothing, or the share of labels that the start finds. */
export type RefScale = 'constant' | 'found';
/** Named differences from the default. */
export type RlMethod = 'supervised' | 'reinforce' | 'ppo' | 'grpo';

export interface RewardSettings {
  /** A prediction counts as confident above this score. */
  readonly tau: number;
  /** Weight of accuracy. */
  readonly alpha: number;
  /** Weight of overlap, which is subtracted. */
  readonly gamma: number;
  /** Weight of extra predictions, which is subtracted. */
  readonly delta: number;
}

export interface RlSettings extends RewardSettings {
  readonly policy: PolicyLoss;
  readonly policyWeight: number;
  readonly policyNorm: PolicyNorm;
  readonly rollouts: number;
  /** Queries of an image that its rollouts sample; the others follow the path without noise. 0: all. */
  readonly explored: number;
  readonly reward: RewardKind;
  readonly discount: number;
  readonly credit: Credit;
  readonly baseline: Baseline;
  readonly clip: number;
  readonly epochs: number;
  readonly betaGt: number;
  readonly betaRef: number;
  readonly refScale: RefScale;
  /** Queries of every rollout and layer over which the KL to the start is taken, drawn at random; 0: all that are sampled. */
  readonly refQueries: number;
  readonly eta: number;
  readonly logStd: number;
  readonly logStdMin: number;
  readonly logStdMax: number;
}

/** GRPO: the note's defaults. */
export const RL_DEFAULTS: RlSettings = Object.freeze({
  policy: 'clip',
  policyWeight: 0.3,
  policyNorm: 'labels',
  rollouts: 8,
  explored: 24,
  reward: 'parts',
  tau: 0.3,
  alpha: 0.5,
  gamma: 0.5,
  delta: 0.3,
  discount: 1,
  credit: 'query',
  baseline: 'group',
  clip: 0.2,
  epochs: 1,
  betaGt: 1,
  betaRef: 0.01,
  refScale: 'constant',
  refQueries: 4,
  eta: 0,
  logStd: -3,
  logStdMin: -5,
  logStdMax: 0,
});

/** What each method changes of the defaults. */
export const RL_METHODS: Readonly<Record<RlMethod, Readonly<Partial<RlSettings>>>> = Object.freeze({
  supervised: { policy: 'none', betaRef: 0 },
  // its advantages are not divided by their standard deviation, which is about a tenth
  reinforce: { policy: 'reinforce', policyWeight: 2, baseline: 'leave-one-out', betaRef: 0 },
  ppo: { policy: 'clip', baseline: 'batch', epochs: 2, betaRef: 0 },
  grpo: {},
});

/** Defaults, then the method's differences, then the person's. */
export function rlSettings(method: RlMethod, changed: Partial<RlSettings> = {}): RlSettings {
  return Object.freeze({ ...RL_DEFAULTS, ...RL_METHODS[method], ...changed });
}

export interface NumberField {
  kind: 'number';
  min: number;
  max: number;
  /** Only whole numbers. */
  whole?: boolean;
  sentence: string;
}

export interface ChoiceField {
  kind: 'choice';
  choices: readonly string[];
  sentence: string;
}

const number = (min: number, max: number, sentence: string): NumberField => ({ kind: 'number', min, max, sentence });
const whole = (min: number, max: number, sentence: string): NumberField => ({
  ...number(min, max, sentence),
  whole: true,
});
const choice = (choices: readonly string[], sentence: string): ChoiceField => ({ kind: 'choice', choices, sentence });

/** One sentence and the range of every field, in the order in which they are shown. */
export const RL_FIELDS: Readonly<Record<keyof RlSettings, NumberField | ChoiceField>> = Object.freeze({
  policy: choice(
    ['none', 'reinforce', 'clip'],
    'How the advantage becomes a loss: not at all (supervised), -A log pi, or the clipped ratio of PPO and GRPO.',
  ),
  policyWeight: number(0, 1000, 'The policy loss is multiplied by this.'),
  policyNorm: choice(
    ['queries', 'labels'],
    'The policy’s loss is a mean over all queries, or, where each query has its own credit, their sum for each label, as the set loss is.',
  ),
  rollouts: whole(1, 64, 'Noisy passes through the decoder for each image and step (G).'),
  explored: whole(
    0,
    10_000,
    'Queries of an image that its rollouts sample: those that stand for a label, then the surest; the others follow the path without noise. 0 for all.',
  ),
  reward: choice(
    ['parts', 'set-loss'],
    'What a layer earns: IoU, accuracy, overlap and extra predictions, or minus its set loss.',
  ),
  tau: number(0, 1, 'A prediction counts as confident above this score.'),
  alpha: number(0, 10, 'How much a confident right class adds to the reward.'),
  gamma: number(0, 10, 'How much overlapping predictions of one class cost.'),
  delta: number(0, 10, 'How much confident predictions that match no label cost.'),
  discount: number(0, 1, 'How much a layer’s return counts the reward of the next layer (lambda).'),
  credit: choice(['image', 'query'], 'Whether all queries share a rollout’s return or each is paid for its own boxes.'),
  baseline: choice(
    ['group', 'leave-one-out', 'batch'],
    'What a return is compared with: the image’s rollouts, its other rollouts, or all rollouts of the step.',
  ),
  clip: number(
    0,
    1,
    'The ratio of new to old probability earns nothing further beyond 1 plus or minus this (epsilon).',
  ),
  epochs: whole(1, 16, 'Passes over the same rollouts.'),
  betaGt: number(0, 100, 'Weight of the set loss against the labels; alone it is supervised fine-tuning.'),
  betaRef: number(0, 100, 'Weight of the KL divergence from the model before the run.'),
  refScale: choice(
    ['constant', 'found'],
    'That weight counts in full, or by the share of the labels that the model finds before the run.',
  ),
  refQueries: whole(
    0,
    10_000,
    'Queries of every rollout, drawn at random, over which that divergence is estimated; 0 for all.',
  ),
  eta: number(0, 10, 'Weight of the bonus for a wide policy (mean log_std).'),
  logStd: number(-5, 0, 'Logarithm of the noise that the policy starts with.'),
  logStdMin: number(-20, 0, 'The noise never gets smaller than the exponential of this.'),
  logStdMax: number(-5, 2, 'The noise never gets larger than the exponential of this.'),
});

/** @returns whole sentences, one for each field that is out of its range; empty when all is well */
export function rlProblems(settings: RlSettings): string[] {
  const problems: string[] = [];
  for (const name of Object.keys(RL_FIELDS) as (keyof RlSettings)[]) {
    const [field, value] = [RL_FIELDS[name], settings[name]];
    if (field.kind === 'choice') {
      if (!field.choices.includes(String(value)))
        problems.push(`${name}: expected one of ${field.choices.join(', ')}, got ${value}`);
    } else if (!(
      typeof value === 'number' &&
      value >= field.min &&
      value <= field.max &&
      (!field.whole || value % 1 === 0)
    ))
      problems.push(
        `${name}: expected ${field.whole ? 'a whole number' : 'a number'} ${field.min}..${field.max}, got ${value}`,
      );
  }
  if (!(settings.logStdMin <= settings.logStdMax))
    problems.push(`logStdMin: expected at most logStdMax (${settings.logStdMax}), got ${settings.logStdMin}`);
  if (settings.baseline === 'leave-one-out' && !(settings.rollouts >= 2))
    problems.push(`rollouts: expected at least 2 for the leave-one-out baseline, got ${settings.rollouts}`);
  return problems;
}
