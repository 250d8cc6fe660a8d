/** Frames of a camera through the engine: two at once, each with its own answer, in their order, and nothing left behind. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ImageDetections } from '../lib/types';
import { maxDifference } from '../kernels/testing/compare';
import { DeviceOwner } from './device';
import { Engine } from './engine';
import { Turn } from './jobs';
import type { Frame, WorkerEvent } from './protocol';
import { smallEmbedded } from './testing';

/** Pairs of frames that are at work at once. */
const PAIRS = 6;
const NAMES = ['cat.jpg', 'coffee.jpg'] as const;

const { signal } = new AbortController();
const events: WorkerEvent[] = [];
const photos: Blob[] = [];
let engine: Engine;
let alone: ImageDetections[];

const bitmapOf = (index: number): Promise<ImageBitmap> => createImageBitmap(photos[index]!);

/** As the worker's `detect`. */
const overlapped = (turn: Turn, frame: Frame, order?: number[], number = 0): Promise<ImageDetections> =>
  turn.overlap(async (handed) => {
    const answer = await engine.detect(frame, 'frame', signal, handed);
    order?.push(number);
    return answer;
  });

/** Every layer's numbers, bit for bit. */
function expectSame(actual: ImageDetections, expected: ImageDetections): void {
  expect([actual.width, actual.height]).toEqual([expected.width, expected.height]);
  expect(actual.layers).toHaveLength(expected.layers.length);
  actual.layers.forEach(({ score, boxes, label }, k) => {
    expect(maxDifference(score, expected.layers[k]!.score)).toBeLessThanOrEqual(0);
    expect(maxDifference(boxes, expected.layers[k]!.boxes)).toBeLessThanOrEqual(0);
    expect(Array.from(label)).toEqual(Array.from(expected.layers[k]!.label));
  });
}

beforeAll(async () => {
  const device = new DeviceOwner('high-performance', 'webgpu', (event) => events.push(event));
  await device.open();
  engine = new Engine(device, (event) => events.push(event));
  engine.use(await smallEmbedded());
  for (const name of NAMES) photos.push(await (await fetch(`/samples/${name}`)).blob());
  alone = [];
  for (const index of [0, 1]) alone.push(await engine.detect(await bitmapOf(index), 'frame', signal));
});

afterAll(() => engine.drop());

describe('two frames at once', () => {
  test('each has its own answer, in order, and nothing stays', async () => {
    expect(maxDifference(alone[0]!.layers[3]!.score, alone[1]!.layers[3]!.score)).toBeGreaterThan(0.01);
    const turn = new Turn();
    const order: number[] = [];
    const frames = await Promise.all(Array.from({ length: 2 * PAIRS }, (_, i) => bitmapOf(i % 2)));
    const pair = (i: number): Promise<ImageDetections>[] =>
      [i, i + 1].map((at) => overlapped(turn, frames[at]!, order, at));
    const first = await Promise.all(pair(0));
    const before = engine.device.memory();
    const answers = [first];
    for (let i = 2; i < frames.length; i += 2) answers.push(await Promise.all(pair(i)));
    answers.flat().forEach((answer, i) => expectSame(answer, alone[i % 2]!));
    expect(order).toEqual(frames.map((_, i) => i));
    expect(engine.device.memory()).toEqual(before);
    expect(frames.every(({ width }) => width === 0)).toBe(true);
  });

  test('the second begins before the first has its numbers, other work after both', async () => {
    const turn = new Turn();
    const said: string[] = [];
    const frames = [await bitmapOf(0), await bitmapOf(1)];
    const all = frames.map((frame, i) =>
      turn.overlap(async (handed) => {
        said.push(`${i} begins`);
        await engine.detect(frame, 'frame', signal, handed);
        said.push(`${i} ends`);
      }),
    );
    const other = turn.take(async () => void said.push('other'));
    await Promise.all([...all, other]);
    expect(said).toEqual(['0 begins', '1 begins', '0 ends', '1 ends', 'other']);
  });

  test('video frames of the same pixels have the same answers, and are closed', async () => {
    const turn = new Turn();
    const frames = await Promise.all(
      [0, 1, 0].map(async (i) => {
        const bitmap = await bitmapOf(i);
        const frame = new VideoFrame(bitmap, { timestamp: i });
        bitmap.close();
        return frame;
      }),
    );
    const answers = await Promise.all(frames.map((frame) => overlapped(turn, frame)));
    answers.forEach((answer, i) => expectSame(answer, alone[i % 2]!));
    expect(frames.every(({ codedWidth }) => codedWidth === 0)).toBe(true);
  });

  test('a budget that the plan does not fit takes it only when nobody reads it', async () => {
    const turn = new Turn();
    const { budget } = engine.device;
    budget.ask(1);
    try {
      const answers = await Promise.all([0, 1, 0].map(async (i) => overlapped(turn, await bitmapOf(i))));
      answers.forEach((answer, i) => expectSame(answer, alone[i % 2]!));
      expect(engine.device.memory().planBytes).toBe(0);
    } finally {
      budget.ask(null);
    }
  });

  test('a device that is lost under both is opened once, and both end as if nothing had been', async () => {
    const turn = new Turn();
    const both = [0, 1].map(async (i) => overlapped(turn, await bitmapOf(i)));
    await new Promise((resolve) => setTimeout(resolve));
    engine.device.destroy();
    const answers = await Promise.all(both);
    answers.forEach((answer, i) =>
      expect(maxDifference(answer.layers[3]!.score, alone[i]!.layers[3]!.score)).toBeLessThanOrEqual(1e-5),
    );
    expect(Math.max(...answers.map(({ retries }) => retries))).toBe(1);
    expect(events.map(({ type }) => type)).toEqual(['device-lost', 'device-restored']);
  });
});
