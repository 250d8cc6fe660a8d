/** One colour per decoder layer, the same in every chart (Paul Tol's bright and vibrant schemes, as in colours.ts). */
import type { LayerId } from '../../lib/types';

const SELECT = '#8a8f94';
const LAYERS = ['#4477aa', '#ee7733', '#228833', '#ee3377', '#44bbdd', '#bbaa33', '#aa77cc', '#997755'] as const;
/** Figures of a whole step. */
export const STEP_COLOUR = '#7a869a';

export function layerColour(layer: LayerId): string {
  return layer === 'select' ? SELECT : LAYERS[(layer - 1) % LAYERS.length]!;
}
