/** One colour for each first step of a scope (backbone, encoder, …), in the order in which they ran: table and roofline agree. */
import type { LayerCost, ProfileReport } from '../../lib/profile';
import { PALETTE } from '../../ui/drawing/colours';
import { groupOf } from './figures';

export function colourOf({ layers }: Pick<ProfileReport, 'layers'>, layer: Pick<LayerCost, 'scope'>): string {
  const groups = [...new Set(layers.map(groupOf))];
  return PALETTE[groups.indexOf(groupOf(layer)) % PALETTE.length]!;
}
