import { describe, expect, it } from 'vitest';
import { cropAround } from './crop';
import { drawEpisode, findingAt, findingText, type EpisodeScene } from './episode';
import { advantageColour, rewardBar } from './episode-bars';
import { recordingPen } from './testing/recording-pen';

const SIZE = { width: 200, height: 100 };
const SCENE: EpisodeScene = {
  labels: [{ name: 'cat', box: [0.25, 0.5, 0.2, 0.4] }],
  findings: [
    { name: 'cat', score: 0.8, box: [0.35, 0.5, 0.2, 0.4], matched: { label: 0, iou: 0.33 } },
    { name: 'dog', score: 0.1, box: [0.8, 0.5, 0.2, 0.2], matched: null },
  ],
  pointed: -1,
};

function drawn(scene: EpisodeScene): ReturnType<typeof recordingPen>['calls'] {
  const { pen, calls } = recordingPen();
  drawEpisode(pen, scene, SIZE);
  return calls;
}

describe('the picture of an episode', () => {
  it('has labels dashed, predictions solid, each at its place', () => {
    const calls = drawn(SCENE);
    const dashed = calls.findIndex(({ name, args }) => name === 'setLineDash' && (args[0] as number[]).length > 0);
    const rects = (from: number, to?: number): number[][] =>
      calls.slice(from, to).flatMap(({ name, args }) => (name === 'strokeRect' ? [args as number[]] : []));
    expect(rects(dashed)[0]!.map(Math.round)).toEqual([30, 30, 40, 40]);
    expect(rects(0, dashed).map((rect) => rect.map(Math.round))).toContainEqual([140, 40, 40, 20]);
    expect(calls[0]!.name).toBe('save');
    expect(calls.at(-1)!.name).toBe('restore');
  });

  it('joins a label with its prediction, others not', () => {
    const lines = drawn(SCENE).filter(({ name }) => name === 'lineTo');
    expect(lines.map(({ args }) => args)).toEqual([
      [70, 50],
      [70, 50],
    ]);
  });

  it('says class, score and IoU of what is pointed at, and dims the rest', () => {
    const calls = drawn({ ...SCENE, pointed: 0 });
    expect(calls.find(({ name }) => name === 'fillText')!.args[0]).toBe('cat 0.80, IoU 0.33');
    expect(drawn(SCENE).some(({ name }) => name === 'fillText')).toBe(false);
    expect(findingText(SCENE.findings[1]!)).toBe('dog 0.10');
  });

  it('knows what is pointed at: a link before a box around it', () => {
    expect(findingAt(SCENE, 60, 50, SIZE)).toBe(0);
    expect(findingAt(SCENE, 145, 45, SIZE)).toBe(1);
    expect(findingAt(SCENE, 199, 1, SIZE)).toBe(-1);
  });
});

describe('the bar of a reward', () => {
  const weights = { alpha: 0.5, gamma: 0.5, delta: 0.3 };
  const parts = { iou: 0.6, accuracy: 1, overlap: 0.2, extra: 0.5 };
  const reward = 0.6 + 0.5 - 0.1 - 0.15;

  it('stacks what is earned to the right of zero and what is lost to the left', () => {
    const bar = rewardBar({ ...parts, reward }, weights);
    const width = 2.3;
    expect(bar.zero).toBeCloseTo(0.8 / width, 6);
    expect(bar.segments.map(({ part }) => part)).toEqual(['iou', 'accuracy', 'overlap', 'extra']);
    expect(bar.segments[0]!.from).toBeCloseTo(bar.zero, 6);
    expect(bar.segments[1]!.to).toBeCloseTo((0.8 + 1.1) / width, 6);
    expect(bar.segments[3]!.from).toBeCloseTo((0.8 - 0.25) / width, 6);
    expect(bar.reward).toBeCloseTo((0.8 + reward) / width, 6);
  });

  it('does not place a reward that is not the sum of its parts', () => {
    expect(rewardBar({ ...parts, reward: -2 }, weights).reward).toBeNull();
  });
});

it('advantages diverge: blue above, orange below, nothing at the mean', () => {
  expect(advantageColour(0)).toBe('transparent');
  expect(advantageColour(Number.NaN)).toBe('transparent');
  expect(advantageColour(2)).toBe('rgb(51 136 221 / 0.75)');
  expect(advantageColour(-9)).toBe('rgb(238 119 51 / 0.75)');
});

it('a crop is a square around both boxes with a margin', () => {
  const truth = { class: 0, box: [0.25, 0.5, 0.2, 0.4] as const };
  const crop = cropAround({ truth, found: null }, SIZE);
  expect(crop.side).toBeCloseTo(40 * 1.6, 4);
  expect(crop.x + crop.side / 2).toBeCloseTo(50, 4);
  const both = cropAround({ truth, found: { class: 0, box: [0.35, 0.5, 0.2, 0.4] } }, SIZE);
  expect(both.x + both.side / 2).toBeCloseTo(60, 4);
  expect(both.side).toBeCloseTo(60 * 1.6, 4);
});
