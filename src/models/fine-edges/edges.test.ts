import { expect, test } from 'vitest';
import { weightingFunction } from './edges';

test('W(n) is odd, grows outwards and ends at twice the bound (D-FINE, eq. 3)', () => {
  const w = weightingFunction(32, 0.5, 4);
  expect(w.length).toBe(33);
  expect(w[16]).toBe(0);
  expect(w[32]).toBe(4);
  for (let n = 0; n < 16; n++) {
    expect(w[n]).toBeCloseTo(-w[32 - n]!, 6);
    expect(w[n + 17]! > w[n + 16]!).toBe(true);
  }
  // One bin before the last: step^(bins/2 - 1) - 1 = (bound + 1) ^ ((bins - 2) / (bins - 2)) - 1 = bound.
  expect(w[31]).toBeCloseTo(2, 6);
});
