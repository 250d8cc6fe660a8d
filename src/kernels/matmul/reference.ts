/** Plain loops: a [A,M,K] b [C,K,N] -> [B,M,N], either of them stored transposed; A and C are B or 1. */
type Numbers = ArrayLike<number>;

export interface PlainProduct {
  /** A and C. */
  matrices: readonly [number, number];
  rows: number;
  inner: number;
  columns: number;
  transposeA?: boolean;
  transposeB?: boolean;
}

export function productReference(
  a: Numbers,
  b: Numbers,
  { matrices, rows, inner, columns, transposeA, transposeB }: PlainProduct,
): Float64Array {
  const batch = Math.max(...matrices);
  const out = new Float64Array(batch * rows * columns);
  for (let n = 0; n < batch; n++) {
    const fromA = matrices[0] === 1 ? 0 : n * rows * inner;
    const fromB = matrices[1] === 1 ? 0 : n * inner * columns;
    for (let r = 0; r < rows; r++)
      for (let c = 0; c < columns; c++) {
        let sum = 0;
        for (let k = 0; k < inner; k++) {
          const left = a[fromA + (transposeA ? k * rows + r : r * inner + k)]!;
          sum += left * b[fromB + (transposeB ? c * inner + k : k * columns + c)]!;
        }
        out[(n * rows + r) * columns + c] = sum;
      }
  }
  return out;
}
