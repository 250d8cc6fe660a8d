/** Settings that a family cannot follow. */
import { DetectorError } from '../lib/errors';
import type { TrainSettings } from '../lib/train-settings';
import type { Detector } from '../models/detector';

/** Contrastive copies stand beside queries that are selected. */
function refuseDenoising({ family, learnedQueries }: Detector, { denoising }: TrainSettings): void {
  if (denoising > 0 && learnedQueries)
    throw new DetectorError(
      'unsupported',
      'denoising',
      `expected 0 copies of every label for ${family}, whose queries are learned, got ${denoising}`,
      'Set denoising to 0, or choose a model that selects its queries.',
    );
}

function refuseClusters({ family, encodeClustered }: Detector, { clusters }: TrainSettings): void {
  if (clusters > 0 && !encodeClustered)
    throw new DetectorError(
      'unsupported',
      'clusters',
      `expected a model with dense attention in its encoder, got one of the family ${family}`,
      'Set it to 0.',
    );
}

/** @throws DetectorError `unsupported` naming the setting */
export function refuseUnsupported(detector: Detector, settings: TrainSettings): void {
  refuseDenoising(detector, settings);
  refuseClusters(detector, settings);
}
