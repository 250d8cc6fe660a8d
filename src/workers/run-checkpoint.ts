/** What a run made as a checkpoint: the model it started from, with the data's classes and the weights that it trained. */
import * as tf from '@tensorflow/tfjs-core';
import { checkpointFiles } from '../data/export-checkpoint';
import { RunStore } from '../data/runs/store';
import { DetectorError } from '../lib/errors';
import type { CheckpointFiles, RunInfo, RunWeights } from '../lib/training';
import { adaptClasses } from '../models/adapt-classes';
import { exportWeights } from '../models/export';
import { loadDetector, requireFamily, type ModelFiles } from '../models/load';
import { namedAsIn } from '../models/spelling';
import type { LastingModel, Origin } from './origin';

type Weights = ReadonlyMap<string, { shape: readonly number[]; data: Float32Array }>;

export interface RunCheckpointParts {
  /** Opens what the run started from. @param names classes of a model that starts from random numbers */
  openOrigin(model: LastingModel, seed: number, names: readonly string[]): Promise<Origin>;
  /** Runs GPU work when it is its turn. */
  turn<T>(work: () => Promise<T>): Promise<T>;
}

/** The trained weights by our names: the best, or those saved last (the moving average, where the run keeps one). */
async function weightsOf(store: RunStore, { id, settings }: RunInfo, weights: RunWeights): Promise<Weights> {
  const best = weights === 'best' ? await store.loadBest(id) : null;
  if (best) return best.tensors;
  const state = await store.loadState(id);
  if (!state)
    throw new DetectorError('storage', id, 'expected weights of this run, none were saved yet', 'Let it run a little.');
  const prefix = settings.emaDecay > 0 ? 'ema.' : 'parameter.';
  return new Map(
    [...state.tensors].flatMap(([name, tensor]) =>
      name.startsWith(prefix) ? [[name.slice(prefix.length), tensor] as const] : [],
    ),
  );
}

async function changedTensors(files: ModelFiles, weights: Weights): ReturnType<typeof exportWeights> {
  const detector = loadDetector(files);
  try {
    for (const [name, { shape, data }] of weights) detector.parameters.set(name, tf.tensor(data.slice(), [...shape]));
    return await exportWeights(detector, files);
  } finally {
    detector.dispose();
  }
}

/**
 * The files of a run's weights in the layout of the checkpoint that it started from.
 * @throws DetectorError `storage` when the run or its weights are not kept; what opening its origin throws
 */
export async function runCheckpointFiles(
  { id, weights }: { id: string; weights: RunWeights },
  { openOrigin, turn }: RunCheckpointParts,
): Promise<CheckpointFiles> {
  const store = new RunStore();
  const [info, request] = [await store.readInfo(id), await store.storedRequest(id)];
  const trained = await weightsOf(store, info, weights);
  const origin = await openOrigin(request.model as LastingModel, request.settings.seed, info.classes);
  const files = adaptClasses(origin.files, info.classes);
  const changed = await turn(() => changedTensors(files, trained));
  const name = `${origin.id}-${weights}`.replace(/[^\p{L}\p{N}._-]+/gu, '-');
  const shared = { name, source: 'run' as const, config: files.config };
  const { checkpoint } = origin;
  if (!checkpoint) return checkpointFiles({ ...shared, changed });
  const family = requireFamily(checkpoint.config);
  return checkpointFiles({ ...shared, changed: namedAsIn(checkpoint.weights, family, changed), original: checkpoint });
}
