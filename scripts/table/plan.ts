/** Which runs the table is made of. */
import { basename, join } from 'node:path';
import { presetFor, PRESETS } from '../../src/lib/presets';
import type { TrainMethod, TrainSettings } from '../../src/lib/train-settings';

export interface PlannedRun {
  /** model/data/split/method/seed: the folder of its result too. */
  id: string;
  model: string;
  data: string;
  split: string;
  method: TrainMethod;
  seed: number;
  steps: number;
  /** Learns from the first images only. */
  limit?: number;
  set: Partial<TrainSettings>;
}

export const METHODS: readonly TrainMethod[] = ['supervised', 'reinforce', 'ppo', 'grpo'];

/** Some of the runs: those of a split, or of its first images. */
interface Part {
  name: string;
  split: string;
  /** As the preset is chosen by; with `limited` no more are learned from. */
  images: number;
  limited?: true;
  models?: readonly string[];
  methods?: readonly TrainMethod[];
}

/** Few images first: their runs are short. The fifty are for the preset's sake. */
const PARTS: readonly Part[] = [
  { name: 'few_shot_10', split: 'few_shot_10', images: 10 },
  {
    name: 'train_50',
    split: 'train',
    images: 50,
    limited: true,
    models: ['stepdetr'],
    methods: ['supervised', 'grpo'],
  },
  { name: 'train', split: 'train', images: 150 },
];

interface Model {
  name: string;
  /** As `finetune --model` takes it. */
  model: string;
}

/** The runs of a part of one data set by one model, all methods of a seed together. */
function runsOf(part: Part, { name, model }: Model, data: string, seeds: number): PlannedRun[] {
  const { split, images, limited, methods = METHODS } = part;
  const { steps = 100, ...changed } = PRESETS[presetFor(images)];
  // Equal steps for all; only start and end are measured.
  const set = { ...changed, evaluateEvery: steps, saveEvery: steps };
  return Array.from({ length: seeds }, (_, at) => at + 1).flatMap((seed) =>
    methods.map((method) => ({
      id: [name, basename(data), part.name, method, seed].join('/'),
      ...{ model, data, split, method, seed, steps, set },
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
