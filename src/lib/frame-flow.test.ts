import { describe, expect, it, vi } from 'vitest';
import { createFrameFlow } from './frame-flow';

/** Work that is done when the test says so. */
function fixture(most = 2) {
  const waiting: { answer(value: string | undefined): void; fail(thrown: unknown): void }[] = [];
  const answers: string[] = [];
  const clock = { now: 0 };
  const onAnswer = vi.fn((answer: string) => void answers.push(answer));
  const onError = vi.fn();
  const work = vi.fn(() => new Promise<string | undefined>((answer, fail) => void waiting.push({ answer, fail })));
  const flow = createFrameFlow({ most, work, onAnswer, onError, now: () => clock.now });
  return { flow, waiting, answers, clock, work, onAnswer, onError };
}

/** Promise callbacks that are due. */
const settled = async (): Promise<void> => {
  for (let i = 0; i < 5; i++) await Promise.resolve();
};

describe('a flow of frames', () => {
  it('takes at most two, and never a frame that was passed over', async () => {
    const { flow, waiting, work, answers } = fixture();
    for (let i = 0; i < 100; i++) flow.offer();
    expect(work).toHaveBeenCalledTimes(2);
    waiting[0]!.answer('first');
    await settled();
    // One newer frame, not the 98 that came meanwhile.
    expect(work).toHaveBeenCalledTimes(3);
    waiting[1]!.answer('second');
    waiting[2]!.answer('third');
    await settled();
    expect(work).toHaveBeenCalledTimes(3);
    expect(answers).toEqual(['first', 'second', 'third']);
    expect([flow.inFlight, flow.mostInFlight]).toEqual([0, 2]);
  });

  it('leaves out an answer that a newer one has overtaken', async () => {
    const { flow, waiting, answers } = fixture();
    flow.offer();
    flow.offer();
    waiting[1]!.answer('new');
    await settled();
    waiting[0]!.answer('old');
    await settled();
    expect(answers).toEqual(['new']);
  });

  it('tells nothing of frames from before a pause, and goes on after it', async () => {
    const { flow, waiting, answers, work } = fixture();
    flow.offer();
    flow.offer();
    flow.offer();
    flow.pause();
    waiting[0]!.answer('before');
    await settled();
    flow.offer();
    expect([work.mock.calls.length, answers.length]).toEqual([2, 0]);
    flow.resume();
    waiting[1]!.fail(new Error('late'));
    await settled();
    flow.offer();
    waiting[2]!.answer('after');
    await settled();
    expect(answers).toEqual(['after']);
  });

  it('stops at the first failure and says it once', async () => {
    const { flow, waiting, onError, work } = fixture();
    flow.offer();
    flow.offer();
    waiting[0]!.fail(new Error('broken'));
    waiting[1]!.fail(new Error('broken too'));
    await settled();
    flow.offer();
    expect(onError).toHaveBeenCalledTimes(1);
    expect(work).toHaveBeenCalledTimes(2);
  });

  it('tells rate and latency of the last answers', async () => {
    const { flow, waiting, clock, onAnswer } = fixture();
    for (let i = 0; i < 5; i++) {
      clock.now = i * 100;
      flow.offer();
      clock.now += 40 + 10 * i;
      waiting[i]!.answer(String(i));
      await settled();
    }
    expect(onAnswer.mock.calls[0]).toEqual(['0', { perSecond: null, latency: 40 }]);
    // Four answers in 480 - 40 ms; latencies 40, 50, 60, 70, 80.
    expect(onAnswer.mock.calls[4]).toEqual(['4', { perSecond: 4000 / 440, latency: 60 }]);
  });

  it('without a frame to take nothing is told', async () => {
    const { flow, waiting, onAnswer } = fixture(1);
    flow.offer();
    waiting[0]!.answer(undefined);
    await settled();
    expect(onAnswer).not.toHaveBeenCalled();
    expect(flow.inFlight).toBe(0);
  });
});
