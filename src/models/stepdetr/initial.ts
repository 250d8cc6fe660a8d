/**
 * A StepDETR over 16x16 pixel patches that has seen nothing: PyTorch's initialisers as ../shared/reference/stepdetr.py uses
 * them, from a seed.
 *
 * O output and I input width of a linear layer, M heads.
 */
import { ConfigReader } from '../../lib/config-reader';
import { between, seededRandom } from '../../lib/random';
import { PRIOR_BIAS } from '../adapt-classes';
import type { ModelFiles } from '../load';
import { tensorSource, type PlainTensor } from '../tensors';
import { readStepDetrConfig, type StepDetrConfig } from './config';
import { stepDetrRules } from './parameters';

/** The reference's defaults, over patches. */
const SETTINGS = {
  model_type: 'stepdetr',
  image_size: 384,
  backbone_channels: [88, 480],
  patch: 16,
  strides: [16, 32],
  width: 128,
  heads: 4,
  latent: 64,
  encoder_blocks: 2,
  encoder_hidden: 256,
  decoder_layers: 3,
  decoder_hidden: 256,
  points: [4, 2],
  queries: 100,
  log_std: -3,
} as const;

/** Linears that start from zero weights, so that the first boxes are the anchors and the first sampling is the ring below. */
const ZERO = /(^|\.)(cross\.(offsets|weights)\.weight|cross\.weights\.bias|(box_head|select_box)\.4\.(weight|bias))$/;

/**
 * Bias of the sampling offsets: every head looks in its own direction, the points of a level one after another (Deformable DETR,
 * arXiv 2010.04159, section A.2).
 */
function ring({ heads, points }: StepDetrConfig): Float32Array<ArrayBuffer> {
  const steps = points.flatMap((count) => Array.from({ length: count }, (_, i) => i + 1));
  const directions = Array.from({ length: heads }, (_, head) => {
    const angle = (head * 2 * Math.PI) / heads;
    const [x, y] = [Math.cos(angle), Math.sin(angle)];
    const longer = Math.max(Math.abs(x), Math.abs(y));
    return [x / longer, y / longer];
  });
  return Float32Array.from(directions.flatMap((direction) => steps.flatMap((step) => direction.map((d) => d * step))));
}

function constantOf(name: string, shape: readonly number[], c: StepDetrConfig): number | Float32Array | undefined {
  if (name.endsWith('.cross.offsets.bias')) return ring(c);
  if (ZERO.test(name)) return 0;
  if (/^(class_head|select_class)\.bias$/.test(name)) return PRIOR_BIAS;
  if (name.endsWith('.log_std')) return SETTINGS.log_std;
  return shape.length === 1 && name.endsWith('norm.weight') ? 1 : undefined;
}

/** Every tensor of the checkpoint. Linears and convolutions: even within 1 / sqrt(I), weight and bias (PyTorch's default). */
function initialTensors(c: StepDetrConfig, seed: number): Map<string, PlainTensor> {
  const parts = stepDetrRules(c).flatMap((rule) => rule.parts);
  const shapes = new Map(parts.map(({ tensor, shape }) => [tensor, shape]));
  const tensors = new Map<string, PlainTensor>();
  for (const [name, shape] of shapes) {
    const length = shape.reduce((a, b) => a * b, 1);
    const constant = constantOf(name, shape, c);
    const inputs = (shapes.get(name.replace(/bias$/, 'weight')) ?? shape).slice(1).reduce((a, b) => a * b, 1);
    const bound = 1 / Math.sqrt(inputs);
    // a stream for each tensor: another one before it does not move it
    const random = seededRandom(seed, name);
    const next = (): number => (typeof constant === 'number' ? constant : between(random, -bound, bound));
    const data = constant instanceof Float32Array ? Float32Array.from(constant) : Float32Array.from({ length }, next);
    tensors.set(name, { shape, data });
  }
  return tensors;
}

/**
 * @param seed whole number; the same seed gives the same weights
 * @param classes at least one
 * @param changed settings of config.json in place of the usual ones
 * @returns files that `loadDetector` takes; `made` names all tensors
 * @throws DetectorError `checkpoint` without a class
 */
export function initialPatchModel(
  seed: number,
  classes: readonly string[],
  changed: Readonly<Record<string, unknown>> = {},
): ModelFiles {
  const config = {
    ...SETTINGS,
    ...changed,
    classes: classes.length,
    id2label: Object.fromEntries(classes.map((name, id) => [String(id), name])),
  };
  const tensors = initialTensors(readStepDetrConfig(new ConfigReader(config, 'config.json')), seed);
  return {
    config,
    preprocessor: undefined,
    classes: [...classes],
    weights: tensorSource('model.safetensors', tensors),
    backbone: undefined,
    made: [...tensors.keys()],
  };
}
