import { expect, test } from 'vitest';
import { pacedImmediate } from './polling';

/** Looks of a wait that ends after `waitMs`, queued as Dawn does it: a compiled function that queues itself. */
async function looksOf(waitMs: number): Promise<{ looks: number; pauses: number }> {
  let looks = 0;
  let pauses = 0;
  const later = (task: () => void, ms: number): unknown => {
    pauses++;
    return setTimeout(task, ms);
  };
  const queue = pacedImmediate(setImmediate as never, later);
  const end = performance.now() + waitMs;
  await new Promise<void>((done) => {
    const look = function (): void {
      looks++;
      if (performance.now() >= end) done();
      else queue(compiled);
    };
    // A bound function is printed as compiled ones are.
    const compiled = look.bind(null);
    queue(compiled);
  });
  return { looks, pauses };
}

test('a short wait is watched without a pause', async () => {
  expect((await looksOf(0)).pauses).toBe(0);
});

test('a long wait is looked at about once a millisecond', async () => {
  const { looks, pauses } = await looksOf(60);
  expect(pauses).toBeGreaterThan(0);
  expect(pauses).toBeLessThanOrEqual(60);
  expect(looks).toBeGreaterThan(pauses);
});

test('other tasks run as ever, with what they are given', async () => {
  const refuse = (): never => {
    throw new Error('paused');
  };
  const queue = pacedImmediate(setImmediate as never, refuse);
  const given = await new Promise((done) => queue(((value: unknown) => done(value)) as never, 7));
  expect(given).toBe(7);
});
