import { expect, test } from 'vitest';
import { RL_DEFAULTS, RL_METHODS, rlProblems, rlSettings, type RlMethod, type RlSettings } from './rl-settings';

test.each(Object.keys(RL_METHODS) as RlMethod[])('%s: the defaults and its differences have no problems', (method) => {
  const settings = rlSettings(method);
  expect(rlProblems(settings)).toEqual([]);
  expect(settings).toEqual({ ...RL_DEFAULTS, ...RL_METHODS[method] });
  expect(Object.isFrozen(settings)).toBe(true);
});

test('what a person sets comes last', () => {
  expect(rlSettings('reinforce', { baseline: 'batch', rollouts: 3 })).toMatchObject({
    policy: 'reinforce',
    baseline: 'batch',
    rollouts: 3,
  });
});

test('every field out of range is named, NaN too', () => {
  const wrong = { tau: NaN, rollouts: 2.5, clip: 2, credit: 'layer' } as unknown as Partial<RlSettings>;
  expect(rlProblems(rlSettings('grpo', wrong))).toEqual([
    'rollouts: expected a whole number 1..64, got 2.5',
    'tau: expected a number 0..1, got NaN',
    'credit: expected one of image, query, got layer',
    'clip: expected a number 0..1, got 2',
  ]);
  expect(rlProblems(rlSettings('reinforce', { rollouts: 1, logStdMin: -1, logStdMax: -2 }))).toEqual([
    'logStdMin: expected at most logStdMax (-2), got -1',
    'rollouts: expected at least 2 for the leave-one-out baseline, got 1',
  ]);
});
