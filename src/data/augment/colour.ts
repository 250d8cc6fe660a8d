/**
 * Changes of colour: brightness, contrast, saturation and hue as CSS filters define them (Filter Effects Module Level 1,
 * section 10), composed to one affine map of sRGB. Computed here and not by the canvas's `filter`, which Safari lacks: so a seed
 * gives the same view in every browser, and levels are clipped once, not after each change.
 */
import { between, type Random } from '../../lib/random';

export interface ColourChange {
  /** Factors; 1 changes nothing. */
  readonly brightness: number;
  readonly contrast: number;
  readonly saturation: number;
  /** Degrees. */
  readonly hue: number;
}

/** [3,4] packed: out = M * (r, g, b, 1), levels 0..1. */
export type ColourMatrix = readonly number[];

/** Ranges of torchvision's RandomPhotometricDistort, contrast and saturation a little narrower. */
export function drawColour(random: Random): ColourChange {
  return {
    brightness: between(random, 0.875, 1.125),
    contrast: between(random, 0.6, 1.4),
    saturation: between(random, 0.6, 1.4),
    hue: between(random, -18, 18),
  };
}

const scaled = (factor: number, offset: number): ColourMatrix =>
  [0, 1, 2].flatMap((row) => [0, 1, 2, 3].map((column) => (column === 3 ? offset : column === row ? factor : 0)));

/** Weights of red, green and blue in grey. */
const GREY = [0.213, 0.715, 0.072] as const;

const saturated = (s: number): ColourMatrix =>
  [0, 1, 2].flatMap((row) => [...GREY.map((grey, column) => grey * (1 - s) + (column === row ? s : 0)), 0]);

const ROTATION_SIN = [-0.213, -0.715, 0.928, 0.143, 0.14, -0.283, -0.787, 0.715, 0.072] as const;

function hueRotated(degrees: number): ColourMatrix {
  const [cos, sin] = [Math.cos((degrees * Math.PI) / 180), Math.sin((degrees * Math.PI) / 180)];
  const entry = (row: number, column: number): number =>
    GREY[column]! * (1 - cos) + (column === row ? cos : 0) + ROTATION_SIN[row * 3 + column]! * sin;
  return [0, 1, 2].flatMap((row) => [entry(row, 0), entry(row, 1), entry(row, 2), 0]);
}

/** `first`, then `then`. */
function after(then: ColourMatrix, first: ColourMatrix): ColourMatrix {
  return [0, 1, 2].flatMap((row) =>
    [0, 1, 2, 3].map((column) => {
      const sum = [0, 1, 2].reduce((all, k) => all + then[row * 4 + k]! * first[k * 4 + column]!, 0);
      return column === 3 ? sum + then[row * 4 + 3]! : sum;
    }),
  );
}

export function colourMatrix({ brightness, contrast, saturation, hue }: ColourChange): ColourMatrix {
  const steps = [scaled(brightness, 0), scaled(contrast, (1 - contrast) / 2), saturated(saturation), hueRotated(hue)];
  return steps.reduce((all, step) => after(step, all));
}

/** Changes pixels in place. @param pixels RGBA, 0..255; alpha stays */
export function recolour(pixels: Uint8ClampedArray, change: ColourChange): void {
  const [rr, rg, rb, r1, gr, gg, gb, g1, br, bg, bb, b1] = colourMatrix(change) as unknown as Twelve;
  for (let at = 0; at < pixels.length; at += 4) {
    const [r, g, b] = [pixels[at]!, pixels[at + 1]!, pixels[at + 2]!];
    pixels[at] = rr * r + rg * g + rb * b + r1 * 255;
    pixels[at + 1] = gr * r + gg * g + gb * b + g1 * 255;
    pixels[at + 2] = br * r + bg * g + bb * b + b1 * 255;
  }
}

type Twelve = [number, number, number, number, number, number, number, number, number, number, number, number];
