/** Gradients, and values that no gradient goes through. */
import * as tf from '@tensorflow/tfjs-core';
import { DetectorError } from '../lib/errors';
import { untraced } from '../kernels/untraced';

/** The same values with no gradient behind them (torch's detach). */
export function stopGradient<T extends tf.Tensor>(x: T): T {
  return untraced(() => tf.clone(x));
}

export interface Gradients<T> {
  loss: tf.Scalar;
  value: T;
  /** One for each parameter, in their order; zeros where the loss does not depend on it. */
  gradients: tf.Tensor[];
}

/**
 * As tf.variableGrads, but the forward pass may wait for numbers in its middle (a matching) and go on from the same traced
 * tensors. Nothing else may use TF.js meanwhile.
 *
 * Everything made inside is freed, but loss, gradients and the tensors in `value` (in plain objects and arrays): those are the
 * caller's. When `work` throws, all of it is freed and TF.js is as it was before.
 * @throws DetectorError `internal` inside another gradient, or for a loss that is not a float32 scalar; whatever `work` throws
 */
export async function gradientsOf<T>(
  work: () => Promise<{ loss: tf.Scalar; value: T }>,
  parameters: readonly tf.Tensor[],
): Promise<Gradients<T>> {
  const close = openTape();
  let kept: Gradients<T> | undefined;
  try {
    kept = differentiated(await work(), parameters);
    return kept;
  } finally {
    close(kept);
  }
}

/** As `gradientsOf` for work that waits for nothing, a recording say. */
export function gradientsNow<T>(
  work: () => { loss: tf.Scalar; value: T },
  parameters: readonly tf.Tensor[],
): Gradients<T> {
  const close = openTape();
  let kept: Gradients<T> | undefined;
  try {
    kept = differentiated(work(), parameters);
    return kept;
  } finally {
    close(kept);
  }
}

/** @returns ends the tape and its scope; what it is given stays */
function openTape(): (kept: unknown) => void {
  const engine = tf.engine();
  const { state } = engine;
  if (state.gradientDepth > 0)
    throw new DetectorError('internal', 'gradientsOf', 'expected no other gradient under way, but there is one');
  engine.startScope('gradientsOf');
  const scope = state.activeScope;
  const kernelDepth = state.kernelDepth;
  state.activeTape = [];
  state.gradientDepth++;
  return (kept) => {
    for (const { saved } of state.activeTape) for (const tensor of saved ?? []) tensor.dispose();
    state.activeTape = [];
    state.gradientDepth--;
    state.kernelDepth = kernelDepth;
    // A throw between an inner startScope and its endScope leaves those open.
    while (state.activeScope !== scope) engine.endScope();
    engine.endScope(kept ? (kept as tf.TensorContainer) : undefined);
  };
}

function differentiated<T>(
  { loss, value }: { loss: tf.Scalar; value: T },
  parameters: readonly tf.Tensor[],
): Gradients<T> {
  if (loss.rank !== 0 || loss.dtype !== 'float32')
    throw new DetectorError('internal', 'gradientsOf', `expected a float32 scalar, got ${loss.dtype} [${loss.shape}]`);
  return { loss, value, gradients: backward(loss, parameters) };
}

/** TF.js's own walk over the tape that is open, without recording itself. */
function backward(loss: tf.Scalar, parameters: readonly tf.Tensor[]): tf.Tensor[] {
  return untraced(() => {
    // The tape stays the open one, since gradientDepth is not 0.
    const { grads } = tf.engine().gradients(() => loss, [...parameters], undefined, true);
    return grads.map((gradient: tf.Tensor | undefined, at) => gradient ?? tf.zerosLike(parameters[at]!));
  });
}
