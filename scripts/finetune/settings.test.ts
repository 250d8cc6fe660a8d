import { describe, expect, it } from 'vitest';
import { askedSettings, parseMethod, settingsFor } from './settings';

const TEN = { labelled: 10, family: 'stepdetr' as const };

describe('settings of a run', () => {
  it('are the method’s, then the command line’s', () => {
    const asked = askedSettings('ppo', 'auto', ['batch=2', 'credit=image', 'learningRate=3e-4'], { steps: 7 });
    expect(settingsFor(asked, { labelled: 10, family: 'deimv2' })).toMatchObject({
      method: 'ppo',
      epochs: 2,
      batch: 2,
      credit: 'image',
      learningRate: 3e-4,
      steps: 7,
    });
  });

  it.each([
    [['batch=0'], /batch: expected a whole number 1\.\.64, got 0/],
    [['batch='], /batch: expected a whole number 1\.\.64, got NaN/],
    [['bach=2'], /--set bach=2: expected field=value/],
    [['credit=all'], /credit: expected one of image, query, got all/],
  ])('refuses %s', (fields, message) => {
    expect(() => askedSettings('grpo', 'auto', fields, {})).toThrow(message);
  });

  it('follow the images and the model where nothing is said, or the preset that is', () => {
    const many = { labelled: 500, family: 'deimv2' as const };
    expect(settingsFor(askedSettings('grpo', 'auto', [], {}), many)).toMatchObject({ steps: 400, learningRate: 1e-3 });
    expect(settingsFor(askedSettings('grpo', 'few', [], {}), many).steps).toBe(100);
    expect(settingsFor(askedSettings('grpo', 'auto', [], {}), TEN)).toMatchObject({ steps: 100, learningRate: 3e-4 });
  });

  it('are checked beside the preset’s too', () => {
    const asked = askedSettings('supervised', 'few', [], {});
    expect(() => settingsFor({ ...asked, changed: { views: 0 } }, TEN)).toThrow(/settings: views: expected/);
  });

  it('refuses an unknown method', () => {
    expect(() => parseMethod('rlhf')).toThrow(/--method: expected one of supervised, .*, got rlhf/);
  });
});
