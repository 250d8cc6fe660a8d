/**
 * A stream of frames through slow work without a queue: at most a few frames are at work, and when one of them is done the
 * newest frame there is goes next. Whatever came in between is never taken. Nothing here knows a camera or a model.
 */

export interface FrameRate {
  /** Answers a second over the last answers; null before the second one. */
  perSecond: number | null;
  /** Milliseconds from taking a frame to its answer, median of the last answers. */
  latency: number;
}

export interface FlowParts<T> {
  /** Frames at work at once, at most. Two keep a device busy while the first answer is on its way. */
  most: number;
  /** Takes the newest frame and works on it; undefined where there was no frame to take. */
  work(): Promise<T | undefined>;
  /** Told each answer in the order of the frames; one that is overtaken is left out. */
  onAnswer(answer: T, rate: FrameRate): void;
  /** Told when work failed; the flow has stopped. */
  onError(thrown: unknown): void;
  /** Milliseconds, from any start. */
  now(): number;
}

export interface FrameFlow {
  /** A new frame can be taken. */
  offer(): void;
  /** Takes no more frames and tells no more answers, until `resume`. */
  pause(): void;
  resume(): void;
  readonly inFlight: number;
  /** The most that ever were. */
  readonly mostInFlight: number;
}

/** Answers that rate and latency look back on. */
const KEPT = 20;

const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? NaN;

function createMeter(): (taken: number, done: number) => FrameRate {
  const answers: { latency: number; done: number }[] = [];
  return (taken, done) => {
    answers.push({ latency: done - taken, done });
    if (answers.length > KEPT) answers.shift();
    const span = done - answers[0]!.done;
    const perSecond = span > 0 ? ((answers.length - 1) * 1000) / span : null;
    return { perSecond, latency: median(answers.map(({ latency }) => latency)) };
  };
}

export function createFrameFlow<T>({ most, work, onAnswer, onError, now }: FlowParts<T>): FrameFlow {
  let isOpen = true;
  let inFlight = 0;
  let mostInFlight = 0;
  let hasNewer = false;
  let taken = 0;
  let told = 0;
  /** Answers of frames from before a pause are not told after it. */
  let turn = 0;
  let meter = createMeter();

  const take = (): void => {
    hasNewer = false;
    inFlight++;
    mostInFlight = Math.max(mostInFlight, inFlight);
    const [number, mine, start] = [++taken, turn, now()];
    void work()
      .then((answer) => {
        if (answer === undefined || mine !== turn || number < told) return;
        told = number;
        onAnswer(answer, meter(start, now()));
      })
      .catch((thrown: unknown) => {
        if (mine !== turn) return;
        pause();
        onError(thrown);
      })
      .finally(() => {
        inFlight--;
        if (isOpen && hasNewer) take();
      });
  };

  const pause = (): void => {
    isOpen = false;
    turn++;
  };

  return {
    offer: () => {
      if (!isOpen) return;
      if (inFlight < most) take();
      else hasNewer = true;
    },
    pause,
    resume: () => {
      if (isOpen) return;
      isOpen = true;
      hasNewer = false;
      meter = createMeter();
    },
    get inFlight() {
      return inFlight;
    },
    get mostInFlight() {
      return mostInFlight;
    },
  };
}
