/** Keeps a run in the browser's real private file system, in a worker as in the app, for runs.parity.ts. */
import { RunStore } from '../store';
import { sampleInfo, sampleRequest, sampleStep } from './sample-run';

export type RunsTask =
  | { kind: 'create' | 'look' | 'remove'; id: string }
  /** Logs and saves step after step until `steps` or the end of the worker; says each step that was saved. */
  | { kind: 'go'; id: string; from: number; steps: number };

export interface Look {
  state: { step: number; numbers: number[] } | null;
  info: number;
  log: number[];
  listed: string[];
  problems: number;
}

const store = new RunStore();
/** Large enough that writing takes a while: 4 MB. */
const NUMBERS = 2 ** 20;

async function go({ id, from, steps }: RunsTask & { kind: 'go' }, onSaved: (step: number) => void): Promise<void> {
  for (let step = from; step < from + steps; step++) {
    await store.appendSteps(id, [sampleStep(step)]);
    await store.saveState(id, step, new Map([['w', { shape: [NUMBERS], data: new Float32Array(NUMBERS).fill(step) }]]));
    await store.updateInfo(sampleInfo(id, { step }));
    onSaved(step);
  }
}

async function look(id: string): Promise<Look> {
  const saved = await store.loadState(id);
  const { runs, problems } = await store.listRuns();
  return {
    state: saved && { step: saved.step, numbers: [...new Set(saved.tensors.get('w')!.data)] },
    info: (await store.readInfo(id)).step,
    log: (await store.readLog(id)).steps.map(({ step }) => step),
    listed: runs.map((run) => run.id),
    problems: problems.length,
  };
}

export async function runTask(task: RunsTask, onSaved: (step: number) => void): Promise<unknown> {
  switch (task.kind) {
    case 'create':
      return store.createRun(sampleInfo(task.id), sampleRequest(task.id));
    case 'go':
      return go(task, onSaved);
    case 'look':
      return look(task.id);
    case 'remove':
      return store.removeRun(task.id);
  }
}

if (typeof document === 'undefined') {
  self.onmessage = async ({ data }: MessageEvent<RunsTask>): Promise<void> => {
    try {
      self.postMessage({ value: await runTask(data, (saved) => self.postMessage({ saved })) });
    } catch (thrown) {
      self.postMessage({ error: String(thrown) });
    }
  };
}
