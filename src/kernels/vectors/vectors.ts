/** Programs that are written once and run on vectors of four numbers where the innermost axis allows it, else on numbers. */
import scalarSource from './scalar.wgsl?raw';
import vec4Source from './vec4.wgsl?raw';

/** Numbers that a thread handles at once. */
export type VectorSize = 1 | 4;

export function vectorSize(innermost: number): VectorSize {
  return innermost % 4 === 0 ? 4 : 1;
}

/** WGSL of `alias Vector` and `inner(a, b)`, to stand before a source that uses them. */
export function vectorSource(size: VectorSize): string {
  return size === 4 ? vec4Source : scalarSource;
}
