/** A reference checkpoint for small pictures: at the 640 and 800 pixels of its file a step takes a software adapter a minute. */
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Copies a checkpoint's folder and asks for smaller photos.
 * @param side pixels of both sides, or of the shorter one where photos keep their shape
 * @returns the copy
 */
export function smallerCopy(checkpoint: string, copy: string, side: number): string {
  cpSync(checkpoint, copy, { recursive: true, filter: (path) => !path.endsWith('cases.safetensors') });
  const file = join(copy, 'preprocessor_config.json');
  const settings = JSON.parse(readFileSync(file, 'utf8')) as { size: Record<string, number> };
  const exact = 'height' in settings.size;
  const size = exact ? { height: side, width: side } : { shortest_edge: side, longest_edge: 2 * side };
  writeFileSync(file, JSON.stringify({ ...settings, size }));
  return copy;
}
