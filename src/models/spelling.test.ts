import { expect, test } from 'vitest';
import { numbers } from '../kernels/testing/gradients';
import type { ModelFamily } from '../lib/types';
import { canonicalName, canonicalNames, namedAsIn } from './spelling';
import { tensorSource, type PlainTensor } from './tensors';

/** As transformers 5.18's state_dict has them, and as it saves them. */
const NAMES: Partial<Record<ModelFamily, [newer: string, older: string][]>> = {
  detr: [
    ['model.backbone.model.layer1.0.conv1.weight', 'model.backbone.conv_encoder.model.layer1.0.conv1.weight'],
    ['model.decoder.layers.10.encoder_attn.o_proj.bias', 'model.decoder.layers.10.encoder_attn.out_proj.bias'],
    ['model.encoder.layers.0.mlp.fc1.weight', 'model.encoder.layers.0.fc1.weight'],
    ['model.decoder.layers.1.mlp.fc2.bias', 'model.decoder.layers.1.fc2.bias'],
  ],
  deformable_detr: [
    ['model.backbone.model.bn1.running_var', 'model.backbone.conv_encoder.model.bn1.running_var'],
    ['model.decoder.layers.1.self_attn.o_proj.weight', 'model.decoder.layers.1.self_attn.out_proj.weight'],
    ['model.encoder.layers.1.mlp.fc1.bias', 'model.encoder.layers.1.fc1.bias'],
  ],
  rt_detr: [
    ['model.encoder.aifi.0.layers.0.mlp.fc2.weight', 'model.encoder.encoder.0.layers.0.fc2.weight'],
    ['model.encoder.aifi.0.layers.0.self_attn.o_proj.bias', 'model.encoder.encoder.0.layers.0.self_attn.out_proj.bias'],
  ],
  rt_detr_v2: [['model.decoder.layers.2.mlp.fc1.weight', 'model.decoder.layers.2.fc1.weight']],
  d_fine: [
    ['model.decoder.layers.0.mlp.layers.1.bias', 'model.decoder.layers.0.fc2.bias'],
    ['model.encoder.aifi.0.layers.0.mlp.layers.0.weight', 'model.encoder.encoder.0.layers.0.fc1.weight'],
  ],
};

/** Names that are the same in both. */
const SAME: Partial<Record<ModelFamily, string[]>> = {
  detr: ['model.input_projection.weight', 'bbox_predictor.layers.0.weight'],
  deformable_detr: ['model.encoder.layers.0.self_attn.output_proj.weight', 'bbox_embed.0.layers.1.weight'],
  rt_detr: ['model.backbone.model.embedder.embedder.0.convolution.weight', 'model.enc_bbox_head.layers.0.weight'],
  d_fine: ['model.decoder.bbox_embed.0.layers.1.bias', 'model.decoder.lqe_layers.0.reg_conf.layers.0.weight'],
  stepdetr: ['decoder.layers.0.mlp.fc1.weight'],
};

test('newer names become the older ones, which stay', () => {
  for (const [family, pairs] of Object.entries(NAMES) as [ModelFamily, [string, string][]][])
    for (const [newer, older] of pairs) {
      expect(canonicalName(newer, family)).toBe(older);
      expect(canonicalName(older, family)).toBe(older);
    }
  for (const [family, names] of Object.entries(SAME) as [ModelFamily, string[]][])
    for (const name of names) expect(canonicalName(name, family)).toBe(name);
});

function fileOf(names: readonly string[]) {
  const entries = names.map((name, seed): [string, PlainTensor] => [
    name,
    { shape: [2], data: Float32Array.from(numbers(2, seed + 1)) },
  ]);
  return tensorSource('model.safetensors', new Map(entries));
}

test.each([0, 1])('a file in spelling %i is read by the older names and written by its own', (spelling) => {
  const pairs = NAMES.detr!;
  const own = pairs.map((pair) => pair[spelling]!);
  const file = fileOf([...own, SAME.detr![0]!]);
  const source = canonicalNames(file, 'detr');
  expect(source.names).toEqual([...pairs.map(([, older]) => older), SAME.detr![0]]);
  pairs.forEach(([, older], at) => {
    expect(source.shape(older)).toEqual([2]);
    expect(source.float32(older)).toEqual(file.float32(own[at]!));
  });
  const changed = new Map([...pairs.map(([, older], at): [string, number] => [older, at]), ['policy.0.log_std', 9]]);
  const back = namedAsIn(file, 'detr', changed);
  expect([...back]).toEqual([...own.map((name, at) => [name, at]), ['policy.0.log_std', 9]]);
});

test('a tensor in both spellings is refused by name', () => {
  const [newer, older] = NAMES.rt_detr![0]!;
  expect(() => canonicalNames(fileOf([newer, older]), 'rt_detr')).toThrow(
    `tensor ${older}: expected one, got two, ${newer} and ${older}`,
  );
});

test('heads of the decoder may stand at the top, alone or beside those in the decoder', () => {
  const [inDecoder, atTop] = ['model.decoder.class_embed.0.bias', 'class_embed.0.bias'];
  for (const names of [[atTop], [inDecoder], [atTop, inDecoder]]) {
    const file = fileOf(names);
    const read = canonicalNames(file, 'rt_detr');
    expect(read.names).toEqual([inDecoder]);
    expect(read.float32(inDecoder)).toEqual(file.float32(names.at(-1)!));
    const back = namedAsIn(file, 'rt_detr', new Map([[inDecoder, 1]]));
    expect([...back.keys()].sort()).toEqual([...names].sort());
  }
});
