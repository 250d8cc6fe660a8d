import { expect, test } from 'vitest';
import { assembleCheckpoint, type Checkpoint } from './checkpoint';
import { checkpointFiles, type ChangedTensor, type TaughtCheckpoint } from './export-checkpoint';
import { readSafetensors, writeSafetensors, type TensorData } from './safetensors';
import { sampleWeights } from './testing/sample-checkpoint';

const f32 = (values: number[]): TensorData => ({
  dtype: 'F32',
  shape: [values.length],
  data: Float32Array.from(values),
});

function original(files: Record<string, Uint8Array<ArrayBuffer>> = {}): Checkpoint {
  const weights = writeSafetensors(
    new Map<string, TensorData>([
      ['half', { dtype: 'F16', shape: [2], data: Uint16Array.of(0x3c00, 0xc000) }],
      ['norm.num_batches_tracked', { dtype: 'I64', shape: [], data: BigInt64Array.of(7n) }],
      ['head.bias', f32([1, 2])],
      ['kept', f32([3])],
    ]),
    { license: 'MIT' },
  );
  const all = {
    'config.json': new TextEncoder().encode('{"id2label":{"0":"a","1":"b"}}'),
    'model.safetensors': weights,
    ...files,
  };
  const buffers = new Map(Object.entries(all).map(([name, bytes]) => [name, bytes.slice().buffer]));
  return assembleCheckpoint({ id: 'x', name: 'x', source: 'files', files: buffers });
}

/** Written, then read as a dropped folder is. */
function reopened(content: Partial<TaughtCheckpoint>): Checkpoint {
  const config = { id2label: { 0: 'a', 1: 'b', 2: 'c' } };
  const { name, files } = checkpointFiles({ name: 'taught', source: 'files', config, changed: new Map(), ...content });
  const buffers = new Map(files.map(({ name: file, bytes }) => [file, bytes.buffer]));
  return assembleCheckpoint({ id: name, name, source: 'files', files: buffers });
}

const HEAD: [string, ChangedTensor] = ['head.bias', { shape: [3], data: Float32Array.of(4, 5, 6) }];

test('what changed is new, the rest keeps its bits and its dtype', () => {
  const before = original();
  const { weights, config } = reopened({ original: before, changed: new Map([HEAD]) });
  expect(config).toEqual({ id2label: { 0: 'a', 1: 'b', 2: 'c' } });
  expect([...weights.names].sort()).toEqual([...before.weights.names].sort());
  expect(weights.shape('head.bias')).toEqual([3]);
  expect([...weights.float32('head.bias')]).toEqual([4, 5, 6]);
  for (const name of ['half', 'norm.num_batches_tracked', 'kept']) {
    expect(weights.dtype(name), name).toBe(before.weights.dtype(name));
    expect(weights.raw(name), name).toEqual(before.weights.raw(name));
  }
  expect(weights.metadata).toEqual({ license: 'MIT', format: 'pt' });
});

test('what stood beside the weights comes along', () => {
  const backbone = sampleWeights(5);
  const preprocessor = new TextEncoder().encode('{"do_pad": false}');
  const before = original({ 'backbone.safetensors': backbone, 'preprocessor_config.json': preprocessor });
  const after = reopened({ original: before });
  expect(after.preprocessor).toEqual({ do_pad: false });
  expect(after.extra.get('backbone.safetensors')?.whole).toEqual(backbone);
  expect(after.extra.has('policy.safetensors')).toBe(false);
});

test('the policy of a family that keeps it apart has its own file', () => {
  const spread = (value: number): [string, ChangedTensor] => [
    'policy.0.log_std',
    { shape: [2], data: Float32Array.of(value, value) },
  ];
  const once = reopened({ original: original(), changed: new Map([HEAD, spread(-2)]) });
  expect(once.weights.has('policy.0.log_std')).toBe(false);
  expect([...once.extra.get('policy.safetensors')!.float32('policy.0.log_std')]).toEqual([-2, -2]);
  expect([...reopened({ original: once }).extra.get('policy.safetensors')!.float32('policy.0.log_std')]).toEqual([
    -2, -2,
  ]);
  const twice = reopened({ original: once, changed: new Map([spread(-1)]) });
  expect([...twice.extra.get('policy.safetensors')!.float32('policy.0.log_std')]).toEqual([-1, -1]);
});

test('a model without files is written from its tensors alone', () => {
  const { weights } = reopened({ changed: new Map([HEAD]) });
  expect(weights.names).toEqual(['head.bias']);
  expect(() => reopened({})).toThrow('taught: expected tensors for model.safetensors, got none');
});

test.each([
  [-3, '"log_std": -3.0,'],
  [-2.5, '"log_std": -2.5,'],
])('a log_std of %d is a float to Python', (value, text) => {
  const { files } = checkpointFiles({
    name: 'n',
    source: 'files',
    config: { log_std: value, classes: 2 },
    original: original(),
    changed: new Map(),
  });
  expect(new TextDecoder().decode(files[0]!.bytes)).toContain(text);
});

test('the files are the hub’s', () => {
  const { files } = checkpointFiles({
    name: 'n',
    source: 'files',
    config: {},
    original: original(),
    changed: new Map([HEAD]),
  });
  expect(files.map(({ name }) => name)).toEqual(['config.json', 'model.safetensors']);
  expect(readSafetensors(files[1]!.bytes.buffer, 'n').metadata).toMatchObject({ format: 'pt' });
});

test('a whole number that was written as a float is one again', () => {
  const config = '{"class_cost":1,"dropout":0.0,"backbone_config":{"init_std":1.0},"id2label":{"0":"a","1":"b"}}';
  const before = original({
    'config.json': new TextEncoder().encode(config),
    'preprocessor_config.json': new TextEncoder().encode('{"image_mean":[0.0,0.5,1.0],"size":{"height":64}}'),
  });
  const { files } = checkpointFiles({
    ...{ name: 'x', source: 'files', config: before.config, original: before, changed: new Map() },
  });
  const text = (name: string): string =>
    new TextDecoder().decode(files.find((file) => file.name === name)!.bytes).replaceAll(/\s/g, '');
  expect(text('config.json')).toBe(config);
  expect(text('preprocessor_config.json')).toBe('{"image_mean":[0.0,0.5,1.0],"size":{"height":64}}');
});
