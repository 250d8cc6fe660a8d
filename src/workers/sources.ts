/** From a ModelSource to a checkpoint: built in, kept in the browser, of the hub, dropped, or made by a run. */
import { assembleCheckpoint, EMBEDDED, openEmbedded, type Checkpoint } from '../data/checkpoint';
import { openFiles } from '../data/checkpoint-files';
import { openHub } from '../data/hub';
import { RunStore } from '../data/runs/store';
import { openStored } from '../data/store';
import type { CheckpointFiles, RunWeights } from '../lib/training';
import { requireFamily } from '../models/load';
import { initialPatchModel } from '../models/stepdetr/initial';
import type { Turn } from './jobs';
import { modelFiles, type LastingModel, type Origin } from './origin';
import type { ModelSource, OnProgress } from './protocol';
import { runCheckpointFiles } from './run-checkpoint';

export interface OpenOptions {
  /** The page's address, which the embedded model's files are beside. */
  base: string;
  /** Not to be held by the caller: a run's weights are put together on the GPU. */
  turn: Turn;
  signal: AbortSignal;
  onProgress: OnProgress;
}

/** The files of a run's weights, as they are saved. */
export function filesOfRun(run: { id: string; weights: RunWeights }, options: OpenOptions): Promise<CheckpointFiles> {
  return runCheckpointFiles(run, {
    openOrigin: (model, seed, names) => openOrigin(model, options, seed, names),
    turn: (work) => options.turn.take(work),
  });
}

async function openRun(run: { id: string; weights: RunWeights }, options: OpenOptions): Promise<Checkpoint> {
  const [{ files }, { name }] = [await filesOfRun(run, options), await new RunStore().readInfo(run.id)];
  const bytes = new Map(files.map((file) => [file.name, file.bytes.buffer]));
  const { id, weights } = run;
  const checkpoint = assembleCheckpoint({ id: `${id}.${weights}`, name, source: 'run', files: bytes });
  return { ...checkpoint, run: { id, weights } };
}

async function open(source: ModelSource, options: OpenOptions): Promise<Checkpoint> {
  const { base, signal, onProgress } = options;
  switch (source.kind) {
    case 'embedded':
      return openEmbedded(source.id, base, onProgress, signal);
    case 'cached':
      return openStored(source.id);
    case 'hub':
      return openHub(source.repo, source.revision ?? 'main', onProgress, signal, {
        accept: requireFamily,
        ...(source.endpoint !== undefined && { endpoint: source.endpoint }),
        ...(source.token !== undefined && { token: source.token }),
      });
    case 'files':
      return openFiles(source.name, source.files);
    case 'run':
      return openRun(source, options);
  }
}

/** A StepDETR that was saved without the frozen backbone stands on the embedded one, which is the same for all. */
async function withBackbone(checkpoint: Checkpoint, options: OpenOptions): Promise<Checkpoint> {
  const { config, extra } = checkpoint;
  const here = extra.has('backbone.safetensors');
  if (config['model_type'] !== 'stepdetr' || config['patch'] !== 0 || here) return checkpoint;
  const embedded = await openEmbedded(EMBEDDED[0]!.id, options.base, options.onProgress, options.signal);
  return { ...checkpoint, extra: new Map([...extra, ...embedded.extra]) };
}

export async function openSource(source: ModelSource, options: OpenOptions): Promise<Checkpoint> {
  return withBackbone(await open(source, options), options);
}

/**
 * What a run starts from.
 * @param seed of random weights
 * @param names classes that random weights start with
 */
export async function openOrigin(
  model: LastingModel,
  options: OpenOptions,
  seed: number,
  names: readonly string[],
): Promise<Origin> {
  if (model.kind === 'random-patches')
    return { id: 'stepdetr_p16', name: 'StepDETR over patches', files: initialPatchModel(seed, names) };
  const checkpoint = await openSource(model, options);
  return { id: checkpoint.id, name: checkpoint.name, files: modelFiles(checkpoint), checkpoint };
}
