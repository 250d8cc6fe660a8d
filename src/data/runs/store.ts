/**
 * Runs of fine-tuning kept in the browser's private file system: runs/<id>/ with info.json (written last, so that a run is
 * listed when it is whole), request.json, the growing logs (log, evaluations, warnings as JSON lines), the state and the best
 * weights (weights.ts). Made for one writer, the worker; every function throws DetectorError `storage` where the storage fails
 * or the run is not there.
 */
import { DetectorError, toAppError, type AppError } from '../../lib/errors';
import type {
  EpisodeSnapshot,
  EvaluationRecord,
  HeldOutDetections,
  RunInfo,
  RunLog,
  RunRequest,
  RunShown,
  RunWarning,
  StepRecord,
} from '../../lib/training';
import {
  browserRoot,
  findFolder,
  removeIfThere,
  storageError,
  writeBytes,
  type Directory,
  type OpenRoot,
} from '../directory';
import { isObject, parseJsonObject } from '../json';
import {
  EVALUATIONS,
  expectRunId,
  findReplaced,
  findRuns,
  INFO,
  inRun,
  LOG,
  makeRuns,
  replaceFile,
  REQUEST,
  WARNINGS,
} from './folder';
import { appendLines, readLines, truncateLines } from './lines';
import { stepRecord } from './records';
import { parseRequest, restoreRequest, storeRequest, type StoredRequest } from './request';
import { keepEpisode, keepHeldOut, readShown, truncateShown } from './shown';
import * as weights from './weights';

/** @throws DetectorError `storage` for a text that is no RunInfo of this run */
export function parseInfo(text: string, id: string): RunInfo {
  const json = parseJsonObject(text, `${id}/${INFO}`, 'storage');
  const { name, state, startedAt, step, settings, model, classes, images } = json;
  const texts = [name, state, startedAt].every((value) => typeof value === 'string');
  const whole =
    texts && typeof step === 'number' && Array.isArray(classes) && [settings, model, images].every(isObject);
  if (json.id === id && whole) return json as unknown as RunInfo;
  throw new DetectorError('storage', `${id}/${INFO}`, `expected what is known of run ${id}, got something else`);
}

async function textOf(folder: Directory, name: string, id: string): Promise<string> {
  const file = await findReplaced(folder, name);
  if (file) return file.text();
  throw new DetectorError('storage', `${id}/${name}`, 'expected this file of a kept run, it is not there');
}

const newestFirst = (a: RunInfo, b: RunInfo): number =>
  b.startedAt.localeCompare(a.startedAt) || a.id.localeCompare(b.id);

export class RunStore {
  constructor(private readonly open: OpenRoot = browserRoot) {}

  /** Keeps a new run and the photos of its data. Nothing of it is listed when this fails. */
  async createRun(info: RunInfo, request: RunRequest): Promise<void> {
    const id = expectRunId(info.id);
    try {
      const stored = await storeRequest(request, this.open);
      const runs = await makeRuns(this.open);
      await removeIfThere(runs, id);
      const folder = await runs.getDirectoryHandle(id, { create: true });
      await writeBytes(folder, REQUEST, JSON.stringify(stored));
      await replaceFile(folder, INFO, JSON.stringify(info));
    } catch (thrown) {
      await this.removeRun(id).catch(() => undefined);
      throw storageError(thrown, info.name);
    }
  }

  updateInfo(info: RunInfo): Promise<void> {
    return inRun(info.id, this.open, (folder) => replaceFile(folder, INFO, JSON.stringify(info)));
  }

  /** As it was last written: after a crash its state is still 'running' and its step may be behind the saved one. */
  readInfo(id: string): Promise<RunInfo> {
    return inRun(id, this.open, async (folder) => parseInfo(await textOf(folder, INFO, id), id));
  }

  /** The request with its photos. Also fails, naming it, where a photo is no longer kept. */
  readRequest(id: string): Promise<RunRequest> {
    return this.storedRequest(id).then((stored) => restoreRequest(stored, this.open));
  }

  /** Ids of the kept images (sha256) that a run needs. */
  async imagesOf(id: string): Promise<string[]> {
    const { data } = await this.storedRequest(id);
    return [...new Set(data.images.map(({ sha256 }) => sha256))];
  }

  /** The request as it is kept: photos by their id. */
  storedRequest(id: string): Promise<StoredRequest> {
    return inRun(id, this.open, async (folder) => parseRequest(await textOf(folder, REQUEST, id), `${id}/${REQUEST}`));
  }

  appendSteps(id: string, records: readonly StepRecord[]): Promise<void> {
    return inRun(id, this.open, (folder) => appendLines(folder, LOG, records));
  }

  appendEvaluation(id: string, record: EvaluationRecord): Promise<void> {
    return inRun(id, this.open, (folder) => appendLines(folder, EVALUATIONS, [record]));
  }

  appendWarning(id: string, warning: RunWarning): Promise<void> {
    return inRun(id, this.open, (folder) => appendLines(folder, WARNINGS, [warning]));
  }

  /** Figures that were not finite are NaN where a step must have them, else null. */
  readLog(id: string): Promise<RunLog> {
    return inRun(id, this.open, async (folder) => ({
      steps: (await readLines(folder, LOG)).map(stepRecord),
      evaluations: (await readLines(folder, EVALUATIONS)) as unknown as EvaluationRecord[],
      warnings: (await readLines(folder, WARNINGS)) as unknown as RunWarning[],
    }));
  }

  keepHeldOut(id: string, detections: HeldOutDetections): Promise<void> {
    return inRun(id, this.open, (folder) => keepHeldOut(folder, detections));
  }

  keepEpisode(id: string, snapshot: EpisodeSnapshot): Promise<void> {
    return inRun(id, this.open, (folder) => keepEpisode(folder, snapshot));
  }

  /** What was kept last of its pictures. */
  async readShown(id: string): Promise<RunShown> {
    const request = await this.storedRequest(id);
    return inRun(id, this.open, (folder) => readShown(folder, request));
  }

  /** Forgets what the logs say of later steps: before a run goes on after `step`. */
  truncateLog(id: string, step: number): Promise<void> {
    return inRun(id, this.open, async (folder) => {
      for (const name of [LOG, EVALUATIONS, WARNINGS]) await truncateLines(folder, name, step);
      await truncateShown(folder, step);
    });
  }

  /** Weights and optimiser by name; until this is done the state before counts. `notes`: more to remember, as texts. */
  saveState(
    id: string,
    step: number,
    tensors: ReadonlyMap<string, weights.RunTensor>,
    notes: Readonly<Record<string, string>> = {},
  ): Promise<void> {
    return weights.saveState(id, step, tensors, notes, this.open);
  }

  /** The state saved last that can be read; null where none was saved. */
  loadState(id: string): Promise<weights.SavedTensors | null> {
    return weights.loadState(id, this.open);
  }

  saveBest(id: string, step: number, tensors: ReadonlyMap<string, weights.RunTensor>): Promise<void> {
    return weights.saveBest(id, step, tensors, this.open);
  }

  /** Null where none were kept. @throws DetectorError `checkpoint` where they are damaged */
  loadBest(id: string): Promise<weights.SavedTensors | null> {
    return weights.loadBest(id, this.open);
  }

  /** Kept runs, newest first. Damaged ones are problems; without storage nothing is kept: an empty list. */
  async listRuns(): Promise<{ runs: RunInfo[]; problems: AppError[] }> {
    const [runs, problems]: [RunInfo[], AppError[]] = [[], []];
    try {
      const all = await findRuns(this.open);
      for await (const id of all?.keys() ?? []) {
        if (!(await findFolder(all!, id))) continue;
        await this.readInfo(id).then(
          (info) => runs.push(info),
          (thrown: unknown) => problems.push(toAppError(thrown, id)),
        );
      }
    } catch (thrown) {
      if (!(thrown instanceof DOMException && thrown.name === 'SecurityError')) throw storageError(thrown, 'kept runs');
    }
    return { runs: runs.sort(newestFirst), problems };
  }

  /** Deletes a run; its photos stay, others may need them. Nothing happens where there is none. */
  async removeRun(id: string): Promise<void> {
    try {
      const runs = await findRuns(this.open);
      if (runs) await removeIfThere(runs, expectRunId(id));
    } catch (thrown) {
      throw storageError(thrown, id);
    }
  }
}
