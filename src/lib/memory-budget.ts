/** How much of the GPU's memory the page may hold. WebGPU does not say how much there is, only how large one buffer may be. */

const MIB = 2 ** 20;
const LEAST = 1024 * MIB;
const MOST = 8192 * MIB;

/** What a person may choose from, MiB. */
export const BUDGET_MIB = { least: 64, most: 65_536 } as const;

/** Half of the largest buffer that the adapter takes, but from 1 to 8 GiB. @param limits of the device; none without WebGPU */
export function usualBudget(limits: Readonly<Record<string, number>>): number {
  const half = (limits['maxBufferSize'] ?? 0) / 2;
  return Math.min(Math.max(Math.round(half / MIB) * MIB, LEAST), MOST);
}

/** Bytes of a choice in MiB; null where it is none. */
export function budgetBytes(mib: number): number | null {
  const fits = Number.isInteger(mib) && mib >= BUDGET_MIB.least && mib <= BUDGET_MIB.most;
  return fits ? mib * MIB : null;
}

export const toMib = (bytes: number): number => Math.round(bytes / MIB);
