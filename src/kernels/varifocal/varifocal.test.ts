import { expect, test } from 'vitest';
import { relativeL2 } from '../testing/compare';
import { numericGradient } from '../testing/finite-difference';
import { numbers } from '../testing/gradients';
import {
  matchabilityGradientReference,
  matchabilityReference,
  RT_DETR_BALANCE,
  varifocalGradientReference,
  varifocalReference,
} from './reference';

test('a matched column is cross entropy weighted by its target, the others p^2', () => {
  const y = varifocalReference(Float64Array.of(Math.log(3), 0), [0], [0.5], 2);
  // p = 3/4: 0.5 (-0.5 ln 3/4 - 0.5 ln 1/4); p = 1/2: 0.75 / 4 ln 2
  const expected = [-0.25 * (Math.log(0.75) + Math.log(0.25)), (RT_DETR_BALANCE.alpha / 4) * Math.log(2)];
  expect(relativeL2(y, expected)).toBeLessThanOrEqual(1e-12);
});

test('matchability: a matched column is plain cross entropy with a power of its IoU', () => {
  const y = matchabilityReference(Float64Array.of(Math.log(3), 0), [0], [0.25], 2, { alpha: 1, gamma: 1.5 });
  // p = 3/4, target 1/8: -1/8 ln 3/4 - 7/8 ln 1/4; p = 1/2: 2^-1.5 ln 2
  const expected = [-0.125 * Math.log(0.75) - 0.875 * Math.log(0.25), 2 ** -1.5 * Math.log(2)];
  expect(relativeL2(y, expected)).toBeLessThanOrEqual(1e-12);
});

const LOSSES = [
  ['varifocal', varifocalGradientReference, (quality: number) => [quality, quality]],
  ['matchability', matchabilityGradientReference, (quality: number, gamma: number) => [quality ** gamma, 1]],
] as const;
const BALANCES = [RT_DETR_BALANCE, { alpha: 0.4, gamma: 1.5 }];

/** The weights are constants of the gradient, so the difference is taken of the cross entropies under fixed weights. */
test.each(LOSSES.flatMap(([name, ...of]) => BALANCES.map((balance) => [name, balance, ...of] as const)))(
  '%s: the gradient is that of finite differences, %o',
  (_, balance, gradientReference, positive) => {
    const [sets, queries, columns] = [2, 3, 4];
    const x = Float64Array.from(numbers(24, 1), (v) => 3 * v);
    const [labels, quality, dy] = [
      [0, -1, 3, 2, -1, -1],
      [0.9, 0, 0.2, 0, 0, 0],
      [0.7, -2],
    ];
    const sigmoid = (v: number): number => 1 / (1 + Math.exp(-v));
    const held = (moved: Float64Array): number =>
      moved.reduce((sum, v, i) => {
        const row = Math.floor(i / columns);
        const own = labels[row] === i % columns;
        const [target, weight] = own
          ? (positive(quality[row]!, balance.gamma) as [number, number])
          : [0, balance.alpha * sigmoid(x[i]!) ** balance.gamma];
        const entropy = -target * Math.log(sigmoid(v)) - (1 - target) * Math.log(1 - sigmoid(v));
        return sum + dy[Math.floor(row / queries)]! * weight * entropy;
      }, 0);
    const got = gradientReference(x, labels, quality, dy, { sets, queries, columns }, balance);
    expect(relativeL2(got, numericGradient(held, x))).toBeLessThanOrEqual(1e-7);
  },
);
