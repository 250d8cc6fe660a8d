/** What runs in the page: frame times, long tasks, and the scripts in long frames, between `begin` and `end`. */

export interface ScriptShare {
  /** Of the script itself, milliseconds on the clock. */
  ms: number;
  /** What called it ("TimerHandler:setTimeout") and where it is. */
  what: string;
}

export interface Recording {
  /** Milliseconds between animation frames. */
  deltas: number[];
  /** Durations of tasks over 50 ms, on the clock: on a busy machine they wait for their turn, too. */
  longTasks: number[];
  /** Scripts of frames over 50 ms. */
  scripts: ScriptShare[];
}

interface Recorder {
  begin(): void;
  end(): Recording;
}

declare global {
  interface Window {
    frameRecorder?: Recorder;
  }
}

interface LongFrame extends PerformanceEntry {
  scripts: (PerformanceEntry & { invoker: string; sourceURL: string; sourceFunctionName: string })[];
}

/** Sent to the page as it is: it may use nothing of this file but its types. */
export function installRecorder(): void {
  let recording: Recording | null = null;
  let last = 0;
  const frame = (now: number): void => {
    if (!recording) return;
    if (last > 0) recording.deltas.push(now - last);
    last = now;
    requestAnimationFrame(frame);
  };
  const take = (entries: PerformanceEntryList): void => {
    for (const entry of entries) {
      if (entry.entryType === 'longtask') recording?.longTasks.push(entry.duration);
      else
        for (const script of (entry as LongFrame).scripts)
          recording?.scripts.push({
            ms: script.duration,
            what: `${script.invoker} ${script.sourceFunctionName} ${script.sourceURL.split('/').at(-1)}`,
          });
    }
  };
  const observers = ['longtask', 'long-animation-frame'].map((type) => {
    const observer = new PerformanceObserver((list) => take(list.getEntries()));
    observer.observe({ type });
    return observer;
  });
  window.frameRecorder = {
    begin: () => {
      recording = { deltas: [], longTasks: [], scripts: [] };
      last = 0;
      requestAnimationFrame(frame);
    },
    end: () => {
      for (const observer of observers) take(observer.takeRecords());
      const done = recording!;
      recording = null;
      return done;
    },
  };
}
