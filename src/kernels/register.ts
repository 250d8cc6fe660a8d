/** Registers every kernel of ours with TF.js: one line a kernel. Safe to call again (after a lost device). */
import '@tensorflow/tfjs-core/dist/register_all_gradients';
import { registerAnswers } from './answers/op';
import { registerAttention } from './attention/op';
import { registerClusters } from './clusters/op';
import { registerConv2d } from './conv2d/op';
import { registerDepthwiseConv2d } from './depthwise-conv2d/op';
import { registerEdgeDistribution } from './edge-distribution/op';
import { registerFocal } from './focal/op';
import { registerGatherTokens } from './gather-tokens/op';
import { registerLayerNorm } from './layer-norm/op';
import { registerMatMul } from './matmul/op';
import { registerReductions } from './reduce/op';
import { registerSeats } from './seats/op';
import { registerUpsampleAdd } from './upsample-add/op';
import { registerDeformableAttention } from './deformable-attention/op';
import { registerRmsNorm } from './rms-norm/op';
import { registerSwiglu } from './swiglu/op';
import { registerTopK } from './top-k/op';
import { registerMatchability } from './varifocal/matchability';
import { registerVarifocal } from './varifocal/op';
import { registerRandomNormal } from './random-normal/op';

let done = false;

export function registerKernels(): void {
  if (done) return;
  done = true;
  registerEdgeDistribution();
  registerUpsampleAdd();
  registerDeformableAttention();
  registerRmsNorm();
  registerLayerNorm();
  registerSwiglu();
  registerTopK();
  registerAnswers();
  registerVarifocal();
  registerMatchability();
  registerFocal();
  registerRandomNormal();
  registerConv2d();
  registerClusters();
  registerDepthwiseConv2d();
  registerMatMul();
  registerAttention();
  registerReductions();
  registerGatherTokens();
  registerSeats();
}
