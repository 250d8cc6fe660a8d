/** What an adapter says about itself that changes how we compute. */

/** True for adapters that compute on the CPU (SwiftShader, lavapipe, WARP). */
export function isSoftwareAdapter({ isFallbackAdapter, architecture, description }: GPUAdapterInfo): boolean {
  return isFallbackAdapter || /swiftshader|llvmpipe|lavapipe|warp/i.test(`${architecture} ${description}`);
}
