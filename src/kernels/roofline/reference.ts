/** What the roofline's arithmetic program writes, as a plain loop. */

/** @param invocation its index @param steps of every chain */
export function multiplyAddReference(invocation: number, chains: number, steps: number): number {
  const start = (invocation % 7) * 0.125;
  let sum = 0;
  for (let chain = 0; chain < chains; chain++) {
    for (const summand of [0.5, 1, 1.5, 2]) {
      let x = start + chain;
      for (let step = 0; step < steps; step++) x = x * 0.5 + summand;
      sum += x;
    }
  }
  return sum;
}
