/** Arrays that the plain references work on: float32 in the program, float64 where a test takes finite differences. */
export type Floats = Float32Array | Float64Array;

/** Zeros of the same kind as `model`. */
export function floatsLike<T extends Floats>(model: T, length: number): T {
  return new (model.constructor as new (length: number) => T)(length);
}
