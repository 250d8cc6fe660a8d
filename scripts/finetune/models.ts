/** Who learns and, in a distillation, who teaches. */
import type { TrainMethod } from '../../src/lib/train-settings';
import type { RunModel } from '../../src/lib/training';
import type { ModelFamily } from '../../src/lib/types';
import { parseModel, type ModelChoice } from '../app/model-option';
import type { Runtime } from '../app/runtime';

/** StepDETR over 16x16 patches from random weights. */
export const RANDOM_PATCHES = 'random-patches';

export interface Pair {
  model: ModelChoice | typeof RANDOM_PATCHES;
  /** Null: nobody teaches. */
  teacher: ModelChoice | null;
}

/**
 * @param clusters rounds, 0 for an exact encoder: a student with clusters may learn from its exact self
 * @throws Error naming the option: a teacher that is the model itself, or one that the method has no use for
 */
export function parsePair(method: TrainMethod, model: string, teacher: string | undefined, clusters = 0): Pair {
  const learns = model === RANDOM_PATCHES ? RANDOM_PATCHES : parseModel(model);
  if (method !== 'distil') {
    if (teacher !== undefined) throw new Error(`--teacher: only --method distil has a teacher, got ${method}`);
    if (learns === RANDOM_PATCHES)
      throw new Error(`--model ${RANDOM_PATCHES}: only --method distil brings up random weights, got ${method}`);
    return { model: learns, teacher: null };
  }
  const named = teacher ?? 'stepdetr_s';
  if (named === model && clusters === 0)
    throw new Error(`--teacher: expected another model than --model, got ${named} for both`);
  return { model: learns, teacher: parseModel(named, '--teacher') };
}

/** Loads a model; it stays where it runs under the name that comes back. */
async function lasting(app: Runtime, choice: ModelChoice) {
  const { id, name, family } = await app.load(choice);
  const model: RunModel = { kind: choice.kind === 'embedded' ? 'embedded' : 'cached', id };
  return { name, family, model };
}

export interface OpenedPair {
  model: RunModel;
  teacher?: RunModel;
  /** Of the one that learns. */
  family: ModelFamily;
  /** For people. */
  names: { model: string; teacher: string | null };
}

export async function openPair(app: Runtime, pair: Pair): Promise<OpenedPair> {
  const teacher = pair.teacher && (await lasting(app, pair.teacher));
  const learns =
    pair.model === RANDOM_PATCHES
      ? {
          name: 'StepDETR over patches, random weights',
          family: 'stepdetr' as const,
          model: { kind: RANDOM_PATCHES } as const,
        }
      : await lasting(app, pair.model);
  return {
    model: learns.model,
    family: learns.family,
    ...(teacher && { teacher: teacher.model }),
    names: { model: learns.name, teacher: teacher?.name ?? null },
  };
}
