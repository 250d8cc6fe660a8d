/**
 * WGSL extensions (`enable subgroups;`, `enable f16;`) in programs that TF.js puts its own header before. WGSL wants them in
 * front of everything; a device of ours moves them there. Whoever writes such a program asks for the device's feature first.
 */

const ENABLE = /^[ \t]*enable [^;]*;[ \t]*$/gm;

/**
 * Moves the lines that are an `enable` directive to the front, each once; the other lines keep their numbers, for the
 * compiler's messages.
 */
export function hoistExtensions(code: string): string {
  const found = code.match(ENABLE);
  if (!found) return code;
  const front = [...new Set(found.map((line) => line.trim()))].join(' ');
  return `${front} ${code.replace(ENABLE, '')}`;
}

/** Lets this device's shader modules say `enable …;` on any line. */
export function acceptExtensionsAnywhere(device: GPUDevice): void {
  const createShaderModule = device.createShaderModule.bind(device);
  device.createShaderModule = ({ code, ...rest }) => createShaderModule({ ...rest, code: hoistExtensions(code) });
}

/** Spec's least, and what adapters are taken for that do not say. */
const LEAST_SUBGROUP = 4;

/**
 * Invocations that every subgroup of this device has at the least, a power of two; 0 where programs must not use subgroups.
 * A program's own subgroups may be larger.
 */
export function leastSubgroup(device: GPUDevice): number {
  // both are newer than the types that TF.js's backend brings along
  if (!device.features.has('subgroups' as GPUFeatureName)) return 0;
  const { adapterInfo } = device as { adapterInfo?: { subgroupMinSize?: number } };
  return Math.max(LEAST_SUBGROUP, adapterInfo?.subgroupMinSize ?? LEAST_SUBGROUP);
}

/** Whether programs may compute with f16. */
export function hasHalves(device: GPUDevice): boolean {
  return device.features.has('shader-f16');
}
