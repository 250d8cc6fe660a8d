/** Gradients in float64, for references that compute in the kind of array they are given (see ../floats.ts). */

/** Central differences. @returns df/dx at `x`, one number for each of x */
export function numericGradient(
  f: (x: Float64Array) => number,
  x: Float64Array,
  step = 1e-5,
): Float64Array<ArrayBuffer> {
  const moved = x.slice();
  return x.map((value, i) => {
    moved[i] = value + step;
    const above = f(moved);
    moved[i] = value - step;
    const below = f(moved);
    moved[i] = value;
    return (above - below) / (2 * step);
  });
}
