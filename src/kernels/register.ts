/** Registers every kernel of ours with TF.js: one line a kernel. Safe to call again (after a lost device). */
import '@tensorflow/tfjs-core/dist/register_all_gradients';
import { registerEdgeDistribution } from './edge-distribution/op';
import { registerUpsampleAdd } from './upsample-add/op';

let done = false;

export function registerKernels(): void {
  if (done) return;
  done = true;
  registerEdgeDistribution();
  registerUpsampleAdd();
}
