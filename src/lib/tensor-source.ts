/** What a model needs of a weights file, whatever its format: safetensors files implement it. */
export interface TensorSource {
  /** The file, for errors. */
  readonly name: string;
  readonly names: readonly string[];
  shape(tensor: string): readonly number[];
  /** Values of a floating-point tensor as float32, row-major. */
  float32(tensor: string): Float32Array;
}
