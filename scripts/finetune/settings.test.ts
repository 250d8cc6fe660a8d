import { describe, expect, it } from 'vitest';
import { parseMethod, settingsOf } from './settings';

describe('settings of a run', () => {
  it('are the method’s, then the command line’s', () => {
    const settings = settingsOf('ppo', ['batch=2', 'credit=image', 'learningRate=3e-4'], { steps: 7 });
    expect(settings).toMatchObject({
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
    expect(() => settingsOf('grpo', fields, {})).toThrow(message);
  });

  it('refuses an unknown method', () => {
    expect(() => parseMethod('rlhf')).toThrow(/--method: expected one of supervised, .*, got rlhf/);
  });
});
