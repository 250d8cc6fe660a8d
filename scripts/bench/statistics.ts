/** Numbers about lists of numbers; the page and the program use them. */

/** @throws Error for an empty list */
export function median(values: readonly number[]): number {
  if (values.length === 0) throw new Error('median: expected at least one number, got none');
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/** y = factor * x^exponent by least squares on logarithms. */
export interface Power {
  exponent: number;
  factor: number;
  /** Part of the logarithms' variance that it explains, 0..1. */
  r2: number;
}

/**
 * How y grows with x, as one power over the whole range.
 * @param points (x, y), all above 0, at least two of different x
 * @throws Error for fewer
 */
export function fitPower(points: readonly (readonly [x: number, y: number])[]): Power {
  if (!points.every(([x, y]) => x > 0 && y > 0)) throw new Error('fitPower: expected numbers above 0');
  const logs = points.map(([x, y]) => [Math.log(x), Math.log(y)] as const);
  const mean = (of: 0 | 1): number => logs.reduce((sum, pair) => sum + pair[of], 0) / logs.length;
  const [mx, my] = [mean(0), mean(1)];
  const sum = (term: (x: number, y: number) => number): number =>
    logs.reduce((total, [x, y]) => total + term(x - mx, y - my), 0);
  const [xx, xy, yy] = [sum((x) => x * x), sum((x, y) => x * y), sum((_, y) => y * y)];
  if (!(xx > 0)) throw new Error('fitPower: expected at least two different x');
  const exponent = xy / xx;
  return { exponent, factor: Math.exp(my - exponent * mx), r2: yy > 0 ? (xy * xy) / (xx * yy) : 1 };
}
