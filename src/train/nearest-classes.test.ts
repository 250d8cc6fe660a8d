import { expect, it } from 'vitest';
import { Answers } from './nearest-classes';
import { quarter as at, quarters as prediction } from './testing/quarters';

it('finds the column that stands out from background and the other classes', () => {
  const answers = new Answers(3, 3);
  const scores = [
    [0.9, 0.6, 0.1],
    [0.9, 0.1, 0.5],
    [0.8, 0.1, 0.1],
  ];
  answers.add(prediction(scores), { classes: [0, 1], boxes: Float32Array.from([...at(0), ...at(1)]) });
  // Column 0 is high everywhere; class 2 has no label.
  expect(answers.rows()).toEqual([1, 2, -1]);
});

it('starts from nothing where no column is higher than on the background', () => {
  const answers = new Answers(1, 2);
  answers.add(
    prediction([
      [0.2, 0.1],
      [0.3, 0.2],
    ]),
    { classes: [0], boxes: Float32Array.from(at(0)) },
  );
  expect(answers.rows()).toEqual([-1]);
});
