/** Which runs the table is made of. */
import { basename, join } from 'node:path';
import { presetFor, PRESETS } from '../../src/lib/presets';
import { RL_DEFAULTS } from '../../src/lib/rl-settings';
import type { TrainMethod, TrainSettings } from '../../src/lib/train-settings';

export interface PlannedRun {
  /** model/data/split/method/seed: the folder of its result too. */
  id: string;
  model: string;
  data: string;
  split: string;
  method: TrainMethod;
  /** As the table calls it: the method, or what is different of it. */
  label: string;
  seed: number;
  steps: number;
  /** Learns from the first images only. */
  limit?: number;
  set: Partial<TrainSettings>;
}

const METHODS: readonly TrainMethod[] = ['supervised', 'reinforce', 'ppo', 'grpo'];
/** Supervised learning for as long as GRPO takes, whose step costs so many supervised ones (docs/measurements.md). */
const AS_LONG = 'supervised as long as GRPO';
const GRPO_STEP = 1.8;
/** Whether it was the time or the steps that helped. */
const AS_MANY = 'GRPO for as many steps';
/** GRPO with the KL to the start that the presets leave out (docs/learning.md): as rl.md has it, and by what the start finds. */
const TIES: Readonly<Record<string, Partial<TrainSettings>>> = {
  'GRPO tied to the start': { betaRef: RL_DEFAULTS.betaRef },
  'GRPO tied by what it finds': { betaRef: RL_DEFAULTS.betaRef, refScale: 'found' },
};
export const LABELS: readonly string[] = [...METHODS, ...Object.keys(TIES), AS_LONG, AS_MANY];

/** Some of the runs: those of a split, or of its first images. */
interface Part {
  name: string;
  split: string;
  /** As the preset is chosen by; with `limited` no more are learned from. */
  images: number;
  limited?: boolean;
  /** In the place of the preset's. */
  steps?: number;
  /** Whether to learn supervised for as long as GRPO takes, too. */
  asLong?: boolean;
  /** Whether to learn by GRPO for as many steps as that, too. */
  asMany?: boolean;
  /** Whether to learn with the KL to the start, too. */
  ties?: boolean;
  models?: readonly string[];
  methods?: readonly TrainMethod[];
}

/**
 * Few images first: their runs are short. `train` takes half the steps of its preset, whose own result `train_preset` is;
 * the fifty are for their preset's sake too.
 */
const PARTS: readonly Part[] = [
  { name: 'few_shot_10', split: 'few_shot_10', images: 10, asLong: true, asMany: true, ties: true },
  {
    name: 'train_50',
    split: 'train',
    images: 50,
    limited: true,
    models: ['stepdetr'],
    methods: ['supervised', 'grpo'],
  },
  { name: 'train', split: 'train', images: 150, steps: 200, asLong: true, ties: true },
  { name: 'train_preset', split: 'train', images: 150, models: ['stepdetr'], methods: ['supervised'] },
];

interface Model {
  name: string;
  /** As `finetune --model` takes it. */
  model: string;
}

type Kind = Pick<PlannedRun, 'label' | 'method' | 'steps' | 'set'>;

function kindsOf({ methods = METHODS, asLong = false, asMany = false, ties = false }: Part, steps: number): Kind[] {
  const longer = Math.round(steps * GRPO_STEP);
  return [
    ...methods.map((method): Kind => ({ label: method, method, steps, set: {} })),
    ...Object.entries(ties ? TIES : {}).map(([label, set]): Kind => ({ label, method: 'grpo', steps, set })),
    ...(asLong ? [{ label: AS_LONG, method: 'supervised', steps: longer, set: {} } as const] : []),
    ...(asMany ? [{ label: AS_MANY, method: 'grpo', steps: longer, set: {} } as const] : []),
  ];
}

/** The runs of a part of one data set by one model, all kinds of a seed together. */
function runsOf(part: Part, { name, model }: Model, data: string, seeds: number): PlannedRun[] {
  const { split, images, limited } = part;
  const { steps: preset = 100, ...changed } = PRESETS[presetFor(images)];
  const steps = part.steps ?? preset;
  return Array.from({ length: seeds }, (_, at) => at + 1).flatMap((seed) =>
    kindsOf(part, steps).map(({ label, method, steps, set }) => ({
      id: [name, basename(data), part.name, label.replaceAll(' ', '_'), seed].join('/'),
      ...{ model, data, split, method, label, seed, steps },
      // Only start and end are measured.
      set: { ...changed, evaluateEvery: steps, saveEvery: steps, ...set },
      ...(limited ? { limit: images } : {}),
    })),
  );
}

export function planRuns({ data, weights, seeds }: { data: string; weights: string; seeds: number }): PlannedRun[] {
  const models: readonly Model[] = [
    { name: 'stepdetr', model: 'stepdetr_s' },
    { name: 'deimv2_atto', model: join(weights, 'deimv2_atto_coco') },
  ];
  return PARTS.flatMap((part) =>
    models
      .filter(({ name }) => part.models?.includes(name) ?? true)
      .flatMap((model) => ['raccoon', 'bccd'].flatMap((set) => runsOf(part, model, join(data, set), seeds))),
  );
}
