/** What the comparison shows now, from the two stores: computed again only when something it depends on has changed. */
import { useMemo } from 'react';
import {
  comparedAt,
  compareModels,
  layerAtFraction,
  type Compared,
  type Comparison,
  type Side,
} from '../../lib/compare-models';
import type { ImageDetections, LayerId, ModelInfo } from '../../lib/types';
import { useAppState, useCompare } from '../../state/react';

export interface ComparedSide {
  model: ModelInfo | null;
  /** Null while there is none of this image. */
  result: ImageDetections | null;
  /** The layer that is shown. */
  layer: LayerId | null;
  /** Above the threshold in that layer, best first. */
  found: readonly Compared[];
}

export interface Shown {
  sides: Record<Side, ComparedSide>;
  /** Null until both have a result. */
  comparison: Comparison | null;
}

interface SideInput {
  side: Side;
  model: ModelInfo | null;
  result: ImageDetections | undefined;
}

function useSide({ side, model, result }: SideInput): ComparedSide {
  const threshold = useAppState((state) => state.threshold);
  const fraction = useCompare((state) => state.position);
  return useMemo(() => {
    // What another model found earlier is not shown under this one's name.
    const mine = result && model && result.model === model.id ? result : null;
    if (!mine || !model) return { model, result: null, layer: null, found: [] };
    const layer = mine.layers[layerAtFraction(mine.layers.length, fraction)]?.layer ?? null;
    return { model, result: mine, layer, found: comparedAt(side, mine, model.classes, fraction, threshold) };
  }, [side, model, result, threshold, fraction]);
}

export function useComparison(): Shown {
  const image = useAppState((state) => state.currentImage ?? '');
  const left = useSide({
    side: 'left',
    model: useAppState((state) => state.model),
    result: useAppState((state) => state.results[image]),
  });
  const right = useSide({
    side: 'right',
    model: useCompare((state) => state.model),
    result: useCompare((state) => state.results[image]),
  });
  return useMemo(() => {
    const comparison = left.result && right.result ? compareModels(left.found, right.found) : null;
    return { sides: { left, right }, comparison };
  }, [left, right]);
}

/** Keys of what stands out together with `key`: its partner, where it has one. */
export function togetherWith(comparison: Comparison | null, key: string): string[] {
  const pair = comparison?.pairs.find(({ left, right }) => left.key === key || right.key === key);
  return pair ? [pair.left.key, pair.right.key] : [key];
}
