/**
 * Gradient checkpointing (Chen, Xu, Zhang, Guestrin, arXiv 1604.06174): of a piece of the forward pass only its input stays, and
 * the piece is computed once more when its gradient is asked for. Memory for time: at most one forward pass more a step.
 */
import * as tf from '@tensorflow/tfjs-core';
import { untraced } from '../kernels/untraced';
import { readingParameters } from './parameters';

type Piece<T extends tf.Tensor> = (x: T) => T;

let wanted = false;

/** While `work` runs, whatever goes through `piecewise` is checkpointed where a gradient is traced. Only for synchronous work. */
export function whileCheckpointing<T>(on: boolean, work: () => T): T {
  const before = wanted;
  wanted = on;
  try {
    return work();
  } finally {
    wanted = before;
  }
}

/** piece(x), checkpointed where that is wanted and a gradient is traced. */
export function piecewise<T extends tf.Tensor>(piece: Piece<T>, x: T): T {
  const { gradientDepth, kernelDepth } = tf.engine().state;
  return wanted && gradientDepth > 0 && kernelDepth === 0 ? checkpointed(piece, x) : piece(x);
}

/**
 * piece(x), of which only x stays until the gradient is there; the same numbers and gradients as without.
 * @param piece a function of x and of `Parameters` alone (and of constants: nothing else gets a gradient); it runs untraced
 *   now, and traced when the gradient is asked for
 */
export function checkpointed<T extends tf.Tensor>(piece: Piece<T>, x: T): T {
  const { value, read } = readingParameters(() => untraced(() => tf.tidy(() => piece(x))));
  // packed halves learn nothing
  const parameters = read.filter(({ dtype }) => dtype === 'float32');
  const run = tf.customGrad<T>((...given: (tf.Tensor | tf.GradSaveFunc)[]) => {
    const save = given.at(-1) as tf.GradSaveFunc;
    save([given[0] as T]);
    const gradFunc = (dy: T, saved: tf.Tensor[]): tf.Tensor[] =>
      tf.tidy(() => gradientsAgain(piece, saved[0] as T, parameters, dy));
    return { value, gradFunc };
  });
  return run(x, ...parameters);
}

/**
 * The gradients of piece(x), from a forward pass under a tape of its own.
 * @returns of x and each parameter, in their order; zeros where nothing depends on one
 */
function gradientsAgain<T extends tf.Tensor>(
  piece: Piece<T>,
  x: T,
  parameters: readonly tf.Tensor[],
  dy: tf.Tensor,
): tf.Tensor[] {
  const engine = tf.engine();
  const { state } = engine;
  const { activeTape, kernelDepth } = state;
  const sources = [x, ...parameters];
  state.activeTape = [];
  state.kernelDepth = 0;
  state.gradientDepth++;
  try {
    // what goes through `piecewise` inside is part of this piece
    const y = whileCheckpointing(false, () => piece(x));
    // the tape stays the open one, since gradientDepth is not 0
    const { grads } = untraced(() => engine.gradients(() => y, sources, dy, true));
    return grads.map((gradient: tf.Tensor | undefined, at) => gradient ?? tf.zerosLike(sources[at]!));
  } finally {
    for (const { saved } of state.activeTape) for (const tensor of saved ?? []) tensor.dispose();
    state.gradientDepth--;
    state.activeTape = activeTape;
    state.kernelDepth = kernelDepth;
  }
}
