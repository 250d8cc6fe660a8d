/** Steps of a replay that are no programs. */
import type { Step } from './build';

export function encodeTransfer(encoder: GPUCommandEncoder, step: Exclude<Step, { kind: 'dispatch' }>): void {
  if (step.kind === 'clear') encoder.clearBuffer(step.buffer, step.offset, step.size);
  else encoder.copyBufferToBuffer(step.from, step.fromOffset, step.to, step.toOffset, step.size);
}
