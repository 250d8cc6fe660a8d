/** Plain loops: fine [B,2h,2w,C] + nearest-upsampled coarse [B,h,w,C], and the gradient of coarse. Shapes are those of coarse. */

type Shape = readonly number[];

export function upsampleAddReference(fine: Float32Array, coarse: Float32Array, [B, h, w, C]: Shape): Float32Array {
  const out = Float32Array.from(fine);
  for (let b = 0; b < B!; b++)
    for (let y = 0; y < 2 * h!; y++)
      for (let x = 0; x < 2 * w!; x++)
        for (let c = 0; c < C!; c++)
          out[((b * 2 * h! + y) * 2 * w! + x) * C! + c]! += coarse[((b * h! + (y >> 1)) * w! + (x >> 1)) * C! + c]!;
  return out;
}

export function foldReference(dy: Float32Array, [B, h, w, C]: Shape): Float32Array {
  const out = new Float32Array(B! * h! * w! * C!);
  for (let b = 0; b < B!; b++)
    for (let y = 0; y < 2 * h!; y++)
      for (let x = 0; x < 2 * w!; x++)
        for (let c = 0; c < C!; c++)
          out[((b * h! + (y >> 1)) * w! + (x >> 1)) * C! + c]! += dy[((b * 2 * h! + y) * 2 * w! + x) * C! + c]!;
  return out;
}
