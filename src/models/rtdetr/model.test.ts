import { expect, test } from 'vitest';
import { tensorSource } from '../tensors';
import { RtDetr } from './model';
import { R18 } from './testing/random';

const load = (size: { height: number; width: number }, changed: Record<string, unknown> = {}): unknown =>
  RtDetr.load({
    config: { ...R18, ...changed },
    preprocessor: { size },
    classes: ['a', 'b'],
    weights: tensorSource('model.safetensors', new Map()),
  });

test.each([
  [{ height: 640, width: 616 }, {}, 'size: expected multiples of 32, or up to 7 less, got 640 x 616'],
  [{ height: 600, width: 640 }, {}, 'size: expected multiples of 32'],
  [{ height: 640, width: 640 }, { anchor_image_size: [512, 640] }, 'anchor_image_size: expected the size of the input'],
  [{ height: 64, width: 96 }, {}, 'num_queries: expected at most 126, the number of memory tokens, got 300'],
])('%j with %j is refused', (size, changed, message) => {
  expect(() => load(size, changed)).toThrow(message);
});

test('a size that the levels fit goes on to the weights', () => {
  for (const side of [640, 633, 320, 512])
    expect(() => load({ height: side, width: 640 }, { anchor_image_size: [side, 640] })).toThrow(
      'tensor model.backbone.model.embedder.embedder.0.convolution.weight is missing',
    );
});
