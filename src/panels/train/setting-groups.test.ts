import { expect, it } from 'vitest';
import { TRAIN_FIELDS, trainProblems, trainSettings } from '../../lib/train-settings';
import { GROUPS, groupsFor, problemOf } from './setting-groups';

it('every setting but the method is in one group', () => {
  const names = GROUPS.flatMap((group) => group.names);
  expect([...names].sort()).toEqual(
    Object.keys(TRAIN_FIELDS)
      .filter((name) => name !== 'method')
      .sort(),
  );
});

it('groups without effect are not shown', () => {
  expect(groupsFor('supervised').map(({ id }) => id)).not.toContain('policy');
  expect(groupsFor('grpo').map(({ id }) => id)).toContain('policy');
  expect(groupsFor('distil').map(({ id }) => id)).toContain('distil');
});

it('a problem is said at its setting', () => {
  const problems = trainProblems(trainSettings('grpo', { learningRate: 3, steps: Number.NaN }));
  expect(problemOf(problems, 'learningRate')).toBe('expected a number 0..1, got 3');
  expect(problemOf(problems, 'steps')).toMatch(/^expected a whole number .* got NaN$/);
  expect(problemOf(problems, 'step')).toBeUndefined();
  expect(problemOf(problems, 'batch')).toBeUndefined();
});
