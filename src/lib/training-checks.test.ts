import { describe, expect, it } from 'vitest';
import { settingDifferences, recentStepMs, timeLeftMs } from './compare-runs';
import { RunSeries } from './charts';
import { presetFor, PRESET_IDS, presetSettings } from './presets';
import { evaluationRecord, stepRecord } from './testing/run-events';
import { trainProblems, TRAIN_METHODS, trainSettings } from './train-settings';
import type { TrainingData, TrainingImage } from './training';
import { countData, missingFor, NO_DATA } from './training-checks';

const image = (id: string, split: 'train' | 'val', boxes: number | null): TrainingImage => ({
  id,
  name: id,
  file: new Blob([]),
  split,
  labels: boxes === null ? null : { classes: Array<number>(boxes).fill(0), boxes: new Float32Array(4 * boxes) },
});

describe('presets', () => {
  it('follow the number of labelled images', () => {
    expect([0, 10, 50, 500].map(presetFor)).toEqual(['few', 'few', 'some', 'many']);
  });

  it('know the family, but for a student, and give way to the person', () => {
    const rate = (...of: Parameters<typeof presetSettings>): number => presetSettings(...of).learningRate;
    const plain = rate('grpo', 'few', 'stepdetr', {});
    expect(rate('grpo', 'few', 'deimv2', {})).toBeGreaterThan(plain);
    expect(rate('distil', 'few', 'deimv2', {})).toBe(plain);
    expect(rate('grpo', 'few', 'deimv2', { learningRate: 1e-5 })).toBe(1e-5);
  });

  it('are in range with every method, and give way to what the person chose', () => {
    for (const method of TRAIN_METHODS)
      for (const preset of PRESET_IDS)
        for (const family of ['stepdetr', 'deimv2', null] as const)
          expect(trainProblems(presetSettings(method, preset, family, {}))).toEqual([]);
    expect(presetSettings('grpo', 'many', null, { steps: 7 }).steps).toBe(7);
    expect(presetSettings('supervised', 'few', null, {}).policy).toBe('none');
    expect(presetSettings('grpo', 'few', null, {}).betaRef).toBe(0);
    expect(presetSettings('grpo', 'few', null, { betaRef: 0.01 }).betaRef).toBe(0.01);
  });
});

describe('what a run needs', () => {
  const data: TrainingData = {
    classes: ['cat'],
    images: [image('a', 'train', 2), image('b', 'train', 0), image('c', 'val', 1), image('d', 'train', null)],
  };
  const ready = { device: true, model: true };

  it('is counted from the data', () => {
    expect(countData(data)).toEqual({ classes: 1, train: 2, val: 1, unlabelled: 1, boxes: 2 });
    expect(missingFor('grpo', countData(data), ready)).toEqual([]);
  });

  it('is said, most basic first', () => {
    expect(missingFor('grpo', NO_DATA, { device: false, model: false })).toEqual(['device', 'model', 'labels']);
    expect(missingFor('supervised', { ...NO_DATA, train: 1 }, ready)).toEqual(['boxes']);
    expect(missingFor('distil', NO_DATA, ready)).toEqual(['images']);
    expect(missingFor('distil', { ...NO_DATA, unlabelled: 3 }, ready)).toEqual([]);
  });
});

describe('runs side by side', () => {
  it('name the settings that differ', () => {
    const [one, other] = [trainSettings('grpo'), trainSettings('grpo', { steps: 7, seed: 2 })];
    expect(settingDifferences(one, one)).toEqual([]);
    expect(settingDifferences(one, other)).toEqual([
      { name: 'steps', of: '100', other: '7' },
      { name: 'seed', of: '1', other: '2' },
    ]);
  });
});

describe('the time that is left', () => {
  const timed = (...ms: number[]): RunSeries => {
    const series = new RunSeries();
    ms.forEach((value, index) => series.addStep(stepRecord(index + 1, { ms: value })));
    return series;
  };

  it('is not known before the first step', () => {
    expect(timeLeftMs(new RunSeries(), trainSettings('grpo'))).toBeNull();
  });

  it('leaves the first step out, which compiles', () => {
    expect(recentStepMs(timed(9000))).toBe(9000);
    expect(recentStepMs(timed(9000, 100, 200))).toBe(150);
  });

  it('counts steps and measurements to come', () => {
    const series = timed(9000, 100, 100);
    expect(timeLeftMs(series, { steps: 10, evaluateEvery: 5 })).toBe(700);
    series.addEvaluation({ ...evaluationRecord(0), ms: 1000 });
    expect(timeLeftMs(series, { steps: 10, evaluateEvery: 5 })).toBe(2700);
    expect(timeLeftMs(series, { steps: 3, evaluateEvery: 5 })).toBe(0);
  });
});
