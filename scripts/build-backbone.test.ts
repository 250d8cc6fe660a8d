import * as tf from '@tensorflow/tfjs';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { readSafetensors, type Safetensors } from '../src/data/safetensors';
import { backboneRules } from '../src/models/stepdetr/backbone';
import { buildBackbone, SOURCE } from './build-backbone';

/** The package's weights by their names in the graph, through TF.js's own reader. */
function sourceWeights(): tf.NamedTensorMap {
  const json = JSON.parse(readFileSync(join(SOURCE, 'models/centernet.json'), 'utf8')) as {
    weightsManifest: [{ weights: tf.io.WeightsManifestEntry[] }];
  };
  const bin = new Uint8Array(readFileSync(join(SOURCE, 'models/centernet.bin')));
  return tf.io.decodeWeights(bin.buffer, json.weightsManifest[0].weights);
}

let file: Safetensors;
beforeAll(() => {
  file = readSafetensors(new Uint8Array(buildBackbone(SOURCE)).buffer, 'backbone.safetensors');
});

describe('the backbone taken out of the CenterNet graph', () => {
  test('has exactly the tensors and shapes that the model asks for', () => {
    const expected = Object.fromEntries(
      backboneRules().flatMap(({ parts }) => parts.map(({ tensor, shape }) => [tensor, shape])),
    );
    const found = Object.fromEntries(file.names.map((name) => [name, file.shape(name)]));
    expect(found).toEqual(expected);
  });

  test.each([
    ['stem.weight', 'tower_0/MobilenetV3/Conv/Conv2D_weights'],
    ['stem.bias', 'tower_0/MobilenetV3/Conv/Conv2D_bn_offset'],
    ['blocks.0.depthwise.weight', 'tower_0/MobilenetV3/expanded_conv/depthwise/depthwise_weights'],
    ['blocks.3.squeeze.weight', 'MobilenetV3/expanded_conv_3/squeeze_excite/Conv/weights'],
    ['blocks.3.excite.bias', 'MobilenetV3/expanded_conv_3/squeeze_excite/Conv_1/biases'],
    ['blocks.14.expand.weight', 'tower_0/MobilenetV3/expanded_conv_14/expand/Conv2D_weights'],
    ['blocks.14.project.bias', 'tower_0/MobilenetV3/expanded_conv_14/project/Conv2D_bn_offset'],
    ['head.weight', 'tower_0/extern1/Conv2D_weights'],
  ])('%s has the values of %s', async (ours, theirs) => {
    await tf.setBackend('cpu');
    const source = sourceWeights()[theirs]!;
    expect(file.dtype(ours)).toBe('F16');
    expect(file.float32(ours)).toEqual(await source.data());
  });

  test('says how each block computes', () => {
    const blocks = JSON.parse(file.metadata['blocks']!) as Record<string, unknown>[];
    expect(blocks).toHaveLength(15);
    expect(blocks[0]).toEqual({ stride: 1, kernel: 3, activation: 'relu', residual: true, squeeze: false });
    expect(blocks[12]).toEqual({ stride: 2, kernel: 5, activation: 'hardswish', residual: false, squeeze: true });
    expect(blocks.map(({ stride }) => stride)).toEqual([1, 2, 1, 2, 1, 1, 2, 1, 1, 1, 1, 1, 2, 1, 1]);
  });
});
