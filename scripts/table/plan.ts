/** Which runs the table is made of. */
import { join } from 'node:path';
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
  set: Partial<TrainSettings>;
}

export const METHODS: readonly TrainMethod[] = ['supervised', 'reinforce', 'ppo', 'grpo'];
const SPLITS = [
  { split: 'few_shot_10', images: 10 },
  { split: 'train', images: 150 },
] as const;

/** Few images first: their runs are short. */
export function planRuns({ data, weights, seeds }: { data: string; weights: string; seeds: number }): PlannedRun[] {
  const models = [
    { name: 'stepdetr', model: 'stepdetr_s' },
    { name: 'deimv2_atto', model: join(weights, 'deimv2_atto_coco') },
  ];
  const runs: PlannedRun[] = [];
  for (const { split, images } of SPLITS)
    for (const { name, model } of models)
      for (const set of ['raccoon', 'bccd'])
        for (let seed = 1; seed <= seeds; seed++)
          for (const method of METHODS) {
            const { steps = 100, ...changed } = PRESETS[presetFor(images)];
            // Equal steps for all; only start and end are measured.
            const fields = { ...changed, evaluateEvery: steps, saveEvery: steps };
            const id = [name, set, split, method, seed].join('/');
            runs.push({ id, model, data: join(data, set), split, method, seed, steps, set: fields });
          }
  return runs;
}
