/** The engine in Node as a Runtime: the same worker, without a page. */
import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import type { ModelInfo } from '../../src/lib/types';
import type { ModelSource } from '../../src/workers/protocol';
import { valueOf } from '../app/answers';
import type { ModelChoice } from '../app/model-option';
import type { EvaluationRequest, PlainRequest, Runtime } from '../app/runtime';
import type { AdapterChoice } from '../browser';
import type { NodeEngine } from './engine';
import { openNodeEngine } from './load';

const fileAt = (path: string): File => new File([readFileSync(path)], basename(path));

function sourceOf(choice: ModelChoice): ModelSource {
  if (choice.kind !== 'folder') return choice;
  return { kind: 'files', name: choice.name, files: choice.paths.map(fileAt) };
}

function train({ worker }: NodeEngine, { data, ...request }: PlainRequest, hear: Parameters<Runtime['train']>[1]) {
  const images = data.images.map(({ path, labels, ...image }) => ({
    ...image,
    file: fileAt(path),
    labels: labels && { classes: labels.classes, boxes: Float32Array.from(labels.boxes) },
  }));
  const id = `cli-${Date.now()}`;
  return worker.train({ id, ...request, data: { classes: data.classes, images } }, id, (event) => {
    if (event.type !== 'episode' && event.type !== 'held-out') hear(event);
  });
}

/** @throws Error in words for a person when there is no adapter */
export async function openNodeRuntime(adapter: AdapterChoice): Promise<Runtime> {
  const engine = await openNodeEngine({ adapter });
  const { worker } = engine;
  let model: ModelInfo | undefined;
  return {
    device: engine.device,
    load: async (choice) => (model = valueOf(await worker.load(sourceOf(choice), 'load', () => undefined))),
    detect: async (path) => worker.detect(fileAt(path), basename(path), 'detect'),
    draw: (path, found, threshold) => engine.draw(fileAt(path), found, model?.classes ?? [], threshold),
    evaluate: async ({ annotations, images, limit }: EvaluationRequest, onProgress) => {
      const text = readFileSync(annotations, 'utf8');
      const options = limit === undefined ? {} : { limit };
      return valueOf(await worker.evaluate(text, images.map(fileAt), options, 'evaluate', onProgress));
    },
    train: async (request, hear) => valueOf(await train(engine, request, hear)),
    checkpoint: async (run) => valueOf(await worker.checkpointFiles({ kind: 'run', ...run })).files,
    close: () => engine.close(),
  };
}
