/** AdamW and the gradient's norm in plain loops. */
import type { Floats } from '../floats';

/** Numbers of one tensor's step; see `AdamWOptions`. */
export interface AdamWNumbers {
  rate: number;
  decay: number;
  beta1: number;
  beta2: number;
  epsilon: number;
  step: number;
  emaDecay: number;
}

export interface PlainSlot {
  parameter: Floats;
  gradient: Floats;
  m: Floats;
  v: Floats;
  ema?: Floats | undefined;
}

/** As PyTorch's clip_grad_norm_ has it. */
export const NORM_EPSILON = 1e-6;

/** [scale, apply, norm] as `gradientNorm` gives them. */
export function controlReference(
  gradients: readonly Floats[],
  maxNorm: number,
  loss: number,
): [number, number, number] {
  let total = 0;
  for (const gradient of gradients) for (const g of gradient) total += g * g;
  const norm = Math.sqrt(total);
  const scale = maxNorm > 0 ? Math.min(1, maxNorm / (norm + NORM_EPSILON)) : 1;
  return [scale, Number.isFinite(norm) && Number.isFinite(loss) ? 1 : 0, norm];
}

/** One step in place. @param scale of the gradient */
export function adamwReference({ parameter, gradient, m, v, ema }: PlainSlot, scale: number, n: AdamWNumbers): void {
  const [correction, rootCorrection] = [1 - n.beta1 ** n.step, Math.sqrt(1 - n.beta2 ** n.step)];
  for (let i = 0; i < parameter.length; i++) {
    const g = gradient[i]! * scale;
    const first = n.beta1 * m[i]! + (1 - n.beta1) * g;
    const second = n.beta2 * v[i]! + (1 - n.beta2) * g * g;
    const length = Math.sqrt(second) / rootCorrection + n.epsilon;
    const moved = parameter[i]! * (1 - n.rate * n.decay) - (n.rate / correction) * (first / length);
    m[i] = first;
    v[i] = second;
    parameter[i] = moved;
    if (ema) ema[i] = ema[i]! + (1 - n.emaDecay) * (moved - ema[i]!);
  }
}
