import { expect, test } from 'vitest';
import { adaptClasses, PRIOR_BIAS } from './adapt-classes';
import type { ModelFamily } from '../lib/types';
import type { ModelFiles } from './load';
import { tensorSource, type PlainTensor } from './tensors';

const tensor = (shape: number[], from: number): PlainTensor => ({
  shape,
  data: Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => from + i),
});

function files(family: ModelFamily, tensors: Record<string, PlainTensor>): ModelFiles {
  return {
    config: { model_type: family, id2label: { 0: 'cat', 1: 'dog' }, label2id: { cat: 0, dog: 1 }, classes: 2 },
    preprocessor: undefined,
    classes: ['cat', 'dog'],
    weights: tensorSource('model.safetensors', new Map(Object.entries(tensors))),
    backbone: undefined,
  };
}

const STEPDETR = {
  'class_head.weight': tensor([2, 3], 10),
  'class_head.bias': tensor([2], 1),
  'select_class.weight': tensor([2, 3], 20),
  'select_class.bias': tensor([2], 3),
  'box_head.0.weight': tensor([2, 3], 30),
};

const DEIMV2 = {
  'decoder.dec_score_head.0.weight': tensor([2, 3], 10),
  'decoder.dec_score_head.0.bias': tensor([2], 1),
  'decoder.enc_score_head.weight': tensor([2, 3], 20),
  'decoder.enc_score_head.bias': tensor([2], 3),
  'decoder.denoising_class_embed.weight': tensor([3, 2], 40),
};

test('known names bring their rows, new ones start from nothing', () => {
  const { weights, classes, made } = adaptClasses(files('stepdetr', STEPDETR), [' Dog', 'raccoon', 'CAT']);
  expect(classes).toEqual(['Dog', 'raccoon', 'CAT']);
  expect(weights.shape('class_head.weight')).toEqual([3, 3]);
  expect([...weights.float32('class_head.weight')]).toEqual([13, 14, 15, 0, 0, 0, 10, 11, 12]);
  expect([...weights.float32('class_head.bias')]).toEqual([2, Math.fround(PRIOR_BIAS), 1]);
  expect([...weights.float32('select_class.weight')]).toEqual([23, 24, 25, 0, 0, 0, 20, 21, 22]);
  expect([...weights.float32('select_class.bias')]).toEqual([4, Math.fround(PRIOR_BIAS), 3]);
  expect([...weights.float32('box_head.0.weight')]).toEqual([30, 31, 32, 33, 34, 35]);
  expect(made).toEqual(['class_head.weight', 'class_head.bias', 'select_class.weight', 'select_class.bias']);
  expect(weights.names).toEqual(Object.keys(STEPDETR));
});

test('a new class is expected once in a hundred queries', () => {
  expect(1 / (1 + Math.exp(-PRIOR_BIAS))).toBeCloseTo(0.01, 12);
});

test('the configuration says the new names and their number', () => {
  const { config } = adaptClasses(files('stepdetr', STEPDETR), ['dog', 'raccoon', 'cat']);
  expect(config).toEqual({
    model_type: 'stepdetr',
    id2label: { 0: 'dog', 1: 'raccoon', 2: 'cat' },
    label2id: { dog: 0, raccoon: 1, cat: 2 },
    classes: 3,
  });
});

test('DEIMv2: every head, and the denoising embedding with its row for padding', () => {
  const { weights, made } = adaptClasses(files('deimv2', DEIMV2), ['dog', 'raccoon']);
  expect([...weights.float32('decoder.dec_score_head.0.weight')]).toEqual([13, 14, 15, 0, 0, 0]);
  expect([...weights.float32('decoder.enc_score_head.bias')]).toEqual([4, Math.fround(PRIOR_BIAS)]);
  expect(weights.shape('decoder.denoising_class_embed.weight')).toEqual([3, 2]);
  const embedding = [...weights.float32('decoder.denoising_class_embed.weight')];
  expect(embedding.slice(0, 2)).toEqual([42, 43]);
  expect(embedding.slice(4)).toEqual([44, 45]);
  expect(made).toEqual(Object.keys(DEIMV2));
});

/** Heads of the other families as their files name them. */
const HEADS: [ModelFamily, string[]][] = [
  ['detr', ['class_labels_classifier']],
  ['deformable_detr', ['class_embed.0', 'class_embed.5', 'model.decoder.class_embed.0', 'model.decoder.class_embed.6']],
  ['rt_detr', ['model.enc_score_head', 'model.decoder.class_embed.0', 'class_embed.0']],
  ['rt_detr_v2', ['model.enc_score_head', 'model.decoder.class_embed.2']],
  ['d_fine', ['model.enc_score_head', 'model.decoder.class_embed.1', 'class_embed.1']],
];

test.each(HEADS)('%s: every class head', (family, names) => {
  const rows = family === 'detr' ? 3 : 2;
  const heads = names.flatMap((name) => [
    [`${name}.weight`, tensor([rows, 2], 10)],
    [`${name}.bias`, tensor([rows], 1)],
  ]) as [string, PlainTensor][];
  const others = {
    'bbox_embed.0.layers.0.weight': tensor([2, 2], 50),
    'model.decoder.layers.0.fc1.bias': tensor([2], 60),
  };
  const before = files(family, { ...Object.fromEntries(heads), ...others });
  const { weights, made } = adaptClasses(before, ['dog', 'raccoon']);
  expect(made).toEqual(heads.map(([name]) => name));
  for (const name of names) {
    const [weight, bias] = [[...weights.float32(`${name}.weight`)], [...weights.float32(`${name}.bias`)]];
    // DETR's "no object" stays last, and a new class starts with no prior of its own.
    expect(weight).toEqual(family === 'detr' ? [12, 13, 0, 0, 14, 15] : [12, 13, 0, 0]);
    expect(bias).toEqual(family === 'detr' ? [2, 0, 3] : [2, Math.fround(PRIOR_BIAS)]);
    expect(weights.shape(`${name}.weight`)).toEqual([family === 'detr' ? 3 : 2, 2]);
  }
});

test('what ranks the proposals of two-stage Deformable DETR stays the first column', () => {
  const tensors = {
    'model.decoder.class_embed.0.bias': tensor([2], 1),
    'model.decoder.class_embed.1.bias': tensor([2], 1),
    'model.decoder.class_embed.1.weight': tensor([2, 2], 10),
  };
  const before = files('deformable_detr', tensors);
  const twoStage = { ...before, config: { ...before.config, two_stage: true, decoder_layers: 1 } };
  const { weights } = adaptClasses(twoStage, ['dog', 'raccoon']);
  const prior = Math.fround(PRIOR_BIAS);
  expect([...weights.float32('model.decoder.class_embed.0.bias')]).toEqual([2, prior]);
  expect([...weights.float32('model.decoder.class_embed.1.bias')]).toEqual([1, prior]);
  expect([...weights.float32('model.decoder.class_embed.1.weight')]).toEqual([10, 11, 0, 0]);
});

test('RT-DETR’s denoising embedding keeps its row for padding', () => {
  const before = files('rt_detr', { 'model.denoising_class_embed.weight': tensor([3, 2], 40) });
  const { weights } = adaptClasses(before, ['dog', 'raccoon', 'cat']);
  const embedding = [...weights.float32('model.denoising_class_embed.weight')];
  expect(embedding.slice(0, 2)).toEqual([42, 43]);
  expect(embedding.slice(2, 4).every((value) => Math.abs(value) <= Math.sqrt(3))).toBe(true);
  expect(embedding.slice(4)).toEqual([40, 41, 44, 45]);
});

test('the same names change no number', () => {
  const before = files('deimv2', DEIMV2);
  const { weights } = adaptClasses(before, ['cat', 'dog']);
  for (const name of before.weights.names)
    expect([...weights.float32(name)], name).toEqual([...before.weights.float32(name)]);
});

test('adapted twice, the names of the second time count', () => {
  const once = adaptClasses(files('stepdetr', STEPDETR), ['raccoon', 'dog']);
  const { weights, made } = adaptClasses(once, ['dog']);
  expect([...weights.float32('class_head.weight')]).toEqual([13, 14, 15]);
  expect(made).toHaveLength(4);
});

test.each([
  [[], 'expected at least one class, got none'],
  [['cat', ' '], 'expected a name for every class, got an empty one'],
  [['cat', 'Cat '], 'expected every class once, got "Cat" twice'],
])('%j is refused', (names, message) => {
  expect(() => adaptClasses(files('stepdetr', STEPDETR), names)).toThrow(message);
});
