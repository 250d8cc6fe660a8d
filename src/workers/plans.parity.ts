/** Plans of one model share what the first of them makes once (transformed filters): it must be there for the others. */
import { afterEach, expect, test } from 'vitest';
import { maxDifference } from '../kernels/testing/compare';
import { openTestDevice, throwFaults } from '../kernels/testing/device';
import { ForwardPlans } from '../models/forward-plans';
import { loadDetector } from '../models/load';
import { modelFiles } from './origin';
import { smallEmbedded } from './testing';

const opened = await openTestDevice();
afterEach(() => throwFaults(opened));

/** @param spoilt whether a recording goes before without having been read, as when a photo turns out unreadable */
async function answers(spoilt: boolean): Promise<Float32Array> {
  const detector = loadDetector(modelFiles(await smallEmbedded()));
  const plans = new ForwardPlans(detector);
  if (spoilt) {
    plans.of(detector.preprocessing.size);
    plans.dispose();
  }
  const numbers = await plans.of(detector.preprocessing.size).read();
  plans.dispose();
  detector.dispose();
  return numbers;
}

test('a plan that was recorded and never read spoils nothing for the next', async () => {
  const alone = await answers(false);
  expect(alone.every(Number.isFinite)).toBe(true);
  expect(maxDifference(await answers(true), alone)).toBeLessThanOrEqual(0);
});
