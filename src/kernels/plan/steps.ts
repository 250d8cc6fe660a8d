/** The steps of a replay. */

export type Step =
  | { kind: 'dispatch'; pipeline: GPUComputePipeline; group: GPUBindGroup; groups: readonly [number, number, number] }
  | { kind: 'copy'; from: GPUBuffer; fromOffset: number; to: GPUBuffer; toOffset: number; size: number }
  | { kind: 'clear'; buffer: GPUBuffer; offset: number; size: number };

export function encodeTransfer(encoder: GPUCommandEncoder, step: Exclude<Step, { kind: 'dispatch' }>): void {
  if (step.kind === 'clear') encoder.clearBuffer(step.buffer, step.offset, step.size);
  else encoder.copyBufferToBuffer(step.from, step.fromOffset, step.to, step.toOffset, step.size);
}
