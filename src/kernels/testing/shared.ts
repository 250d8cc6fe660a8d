/** Files of ../shared in the parity ring, through Vite's /@fs/. Tests that need them skip, with a reason, where the folder is not there. */

declare const __SHARED__: string | null;

export const sharedIsHere = __SHARED__ !== null;
export const WHY_SKIPPED = 'skipped: the folder ../shared (reference answers) is not beside the project';
if (!sharedIsHere) console.warn(WHY_SKIPPED);

export async function sharedBytes(path: string): Promise<ArrayBuffer> {
  const response = await fetch(`${__SHARED__}/${path}`);
  if (!response.ok) throw new Error(`${path}: expected a file in ../shared, got HTTP ${response.status}`);
  return response.arrayBuffer();
}
