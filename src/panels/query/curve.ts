/** The outline of a distribution's bars as an SVG path in a box of `width` by `height`. */

/** @param probabilities of the bins from left to right; the highest reaches the top */
export function curvePath(probabilities: Float32Array, width: number, height: number): string {
  const most = probabilities.reduce((a, b) => Math.max(a, b), 0);
  const step = width / probabilities.length;
  const tops = Array.from(probabilities, (value, bin) => {
    const y = (height * (1 - (most > 0 ? value / most : 0))).toFixed(2);
    return `V${y}H${((bin + 1) * step).toFixed(2)}`;
  });
  return `M0 ${height}${tops.join('')}V${height}Z`;
}

/** The bin under `part` (0..1) of the width. */
export function binAt(bins: number, part: number): number {
  return Math.min(Math.max(Math.floor(part * bins), 0), bins - 1);
}
