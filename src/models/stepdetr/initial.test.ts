import { expect, test } from 'vitest';
import { initialPatchModel } from './initial';

const CLASSES = ['cat', 'dog', 'raccoon'];
const { weights, config } = initialPatchModel(1, CLASSES);

/** 1 / sqrt(inputs) of every linear and convolution. */
test.each([
  ['encoder.project.weight', 768],
  ['encoder.project.bias', 768],
  ['encoder.blocks.1.attention.key.weight', 64],
  ['encoder.down.conv.weight', 128 * 9],
  ['encoder.down.conv.bias', 128 * 9],
  ['layers.2.ffn.down.weight', 256],
  ['position.0.weight', 4],
  ['class_head.weight', 128],
])('%s is spread evenly within 1 / sqrt(%i)', (name, inputs) => {
  const values = weights.float32(name);
  const bound = 1 / Math.sqrt(inputs);
  const most = values.reduce((m, v) => Math.max(m, Math.abs(v)), 0);
  expect(most).toBeLessThanOrEqual(Math.fround(bound));
  expect(most).toBeGreaterThan(0.9 * bound);
  const variance = values.reduce((sum, v) => sum + v * v, 0) / values.length;
  expect(Math.abs(variance / (bound ** 2 / 3) - 1)).toBeLessThanOrEqual(0.3);
});

test('what the reference sets is set', () => {
  const all = (name: string): number[] => [...new Set(weights.float32(name))];
  expect(all('layers.0.cross.offsets.weight')).toEqual([0]);
  expect(all('layers.0.cross.weights.weight')).toEqual([0]);
  expect(all('layers.0.cross.weights.bias')).toEqual([0]);
  expect(all('box_head.4.weight')).toEqual([0]);
  expect(all('select_box.4.bias')).toEqual([0]);
  expect(all('layers.1.self_norm.weight')).toEqual([1]);
  expect(all('encoder.blocks.0.attention.latent_norm.weight')).toEqual([1]);
  expect(all('layers.1.log_std')).toEqual([-3]);
  expect(all('class_head.bias')).toEqual([Math.fround(-Math.log(99))]);
  expect(all('box_head.2.weight').length).toBeGreaterThan(1000);
});

test('heads look right, down, left and up, one step further with each point of a level', () => {
  const bias = weights.float32('layers.0.cross.offsets.bias'); // [4 heads, 4 + 2 points, x and y]
  const at = (head: number, point: number): number[] =>
    [...bias.slice((head * 6 + point) * 2, (head * 6 + point) * 2 + 2)].map(Math.round).map((v) => v + 0);
  expect([0, 1, 2, 3, 4, 5].map((point) => at(0, point))).toEqual([
    [1, 0],
    [2, 0],
    [3, 0],
    [4, 0],
    [1, 0],
    [2, 0],
  ]);
  expect([1, 2, 3].map((head) => at(head, 3))).toEqual([
    [0, 4],
    [-4, 0],
    [0, -4],
  ]);
});

test('the same seed gives the same weights, another one others', () => {
  const name = 'layers.0.query.weight';
  expect(initialPatchModel(1, CLASSES).weights.float32(name)).toEqual(weights.float32(name));
  expect(initialPatchModel(2, CLASSES).weights.float32(name)).not.toEqual(weights.float32(name));
  expect(weights.float32('layers.1.query.weight')).not.toEqual(weights.float32(name));
});

test('it names its classes and refuses to have none', () => {
  expect(config).toMatchObject({ classes: 3, id2label: { 0: 'cat', 1: 'dog', 2: 'raccoon' } });
  expect(weights.shape('select_class.weight')).toEqual([3, 128]);
  expect(() => initialPatchModel(1, [])).toThrow('classes: expected a whole number of at least 1, got 0');
});
