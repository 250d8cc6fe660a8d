/** Weights that follow from their names, the same here and in make_answers.py. */
import type { TensorSource } from '../../../lib/tensor-source';
import type { ParameterRule } from '../../../nn/parameters';

/** sin(start + 0.37 i^2): looks random, and is the same everywhere. */
export function wave(count: number, start: number): Float32Array {
  return Float32Array.from({ length: count }, (_, i) => Math.sin(start + 0.37 * i * i));
}

const startOf = (name: string): number => Array.from(name).reduce((sum, letter) => sum + letter.charCodeAt(0), 0);

/** What becomes of a wave's number v in the tensor `name`. */
function formOf(name: string, shape: readonly number[]): (v: number) => number {
  if (name.endsWith('decoder.up')) return () => 0.5;
  if (name.endsWith('reg_scale')) return () => 4;
  if (name.endsWith('running_var')) return (v) => 1 + 0.3 * v;
  if (name.endsWith('running_mean')) return (v) => 0.1 * v;
  if (name.endsWith('lab.scale') || (shape.length === 1 && name.endsWith('weight'))) return (v) => 1 + 0.2 * v;
  if (name.endsWith('sampling_offsets.bias')) return (v) => 1.5 * v;
  if (shape.length === 1) return (v) => 0.2 * v;
  const inputs = shape.slice(1).reduce((a, b) => a * b, 1);
  return (v) => (v * 2) / Math.sqrt(inputs);
}

/** A checkpoint of all tensors that the rules read. */
export function waveSource(rules: readonly ParameterRule[]): TensorSource {
  const shapes = new Map(rules.flatMap(({ parts }) => parts.map(({ tensor, shape }) => [tensor, shape] as const)));
  return {
    name: 'waves',
    names: [...shapes.keys()],
    shape: (name) => [...shapes.get(name)!],
    float32: (name) => {
      const shape = shapes.get(name)!;
      const count = shape.reduce((a, b) => a * b, 1);
      return wave(count, startOf(name)).map(formOf(name, shape));
    },
  };
}
