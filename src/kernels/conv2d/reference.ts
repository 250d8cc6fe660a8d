/** Plain loops: convolution of x [B,H,W,I] with filter [kh,kw,I,O], or depthwise with [kh,kw,I,1]. */
import { epilogueReference, type PlainEpilogue } from '../epilogue/reference';
import type { Padding } from './geometry';

type Numbers = ArrayLike<number>;
type Shape4D = readonly [number, number, number, number];

export interface PlainConvolution extends PlainEpilogue {
  xShape: Shape4D;
  filterShape: Shape4D;
  strides: readonly [number, number];
  padding: Padding;
  depthwise?: boolean;
  /** Input cells from one tap to the next; default 1. */
  dilation?: number;
}

export function convolutionShape(options: PlainConvolution): Shape4D {
  const { xShape, filterShape, strides, padding, depthwise, dilation = 1 } = options;
  const [B, H, W, I] = xShape;
  const [kh, kw, , O] = filterShape;
  const { top, bottom, left, right } = padding;
  return [
    B,
    Math.floor((H + top + bottom - (kh - 1) * dilation - 1) / strides[0]) + 1,
    Math.floor((W + left + right - (kw - 1) * dilation - 1) / strides[1]) + 1,
    depthwise ? I : O,
  ];
}

export function convolutionReference(x: Numbers, filter: Numbers, options: PlainConvolution): Float64Array {
  const { xShape, filterShape, strides, padding, depthwise, dilation = 1 } = options;
  const [B, H, W, I] = xShape;
  const [kh, kw, , O] = filterShape;
  const [, Ho, Wo, channels] = convolutionShape(options);
  const out = new Float64Array(B * Ho * Wo * channels);
  for (let b = 0; b < B; b++)
    for (let y = 0; y < Ho; y++)
      for (let x_ = 0; x_ < Wo; x_++)
        for (let c = 0; c < channels; c++) {
          let sum = 0;
          for (let ky = 0; ky < kh; ky++)
            for (let kx = 0; kx < kw; kx++) {
              const iy = y * strides[0] + ky * dilation - padding.top;
              const ix = x_ * strides[1] + kx * dilation - padding.left;
              if (iy < 0 || iy >= H || ix < 0 || ix >= W) continue;
              const cell = ((b * H + iy) * W + ix) * I;
              const tap = (ky * kw + kx) * I;
              if (depthwise) sum += x[cell + c]! * filter[tap + c]!;
              else for (let i = 0; i < I; i++) sum += x[cell + i]! * filter[(tap + i) * O + c]!;
            }
          out[((b * Ho + y) * Wo + x_) * channels + c] = sum;
        }
  return epilogueReference(out, channels, options);
}
