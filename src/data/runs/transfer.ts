/** Kept runs as plain files, with the photos they need: how they get into a session file and onto another machine. */
import { DetectorError, toAppError, type AppError } from '../../lib/errors';
import { browserRoot, findFolder, removeIfThere, storageError, writeBytes, type OpenRoot } from '../directory';
import { keepImage, openKept } from '../images/kept';
import { expectRunId, findReplaced, findRuns, INFO, inRun, makeRuns, REQUEST, RUN_FILES } from './folder';
import { parseRequest } from './request';
import { parseInfo, RunStore } from './store';

/** A run's files by name: info.json, request.json, logs, states, best weights. */
export interface RunFiles {
  readonly id: string;
  readonly files: ReadonlyMap<string, Blob>;
}

export interface RunPhoto {
  readonly sha256: string;
  readonly blob: Blob;
}

/** The files of a kept run. @throws DetectorError `storage` */
export function exportRunFiles(id: string, open: OpenRoot = browserRoot): Promise<RunFiles> {
  return inRun(id, open, async (folder) => {
    const files = new Map<string, Blob>();
    for (const name of RUN_FILES) {
      const file = await findReplaced(folder, name);
      if (file) files.set(name, file);
    }
    return { id, files };
  });
}

/**
 * All kept runs with their photos, newest first. Files stay on the disk until somebody reads them.
 * @returns what of them is damaged or missing is a problem
 */
export async function exportRuns(
  open: OpenRoot = browserRoot,
): Promise<{ runs: RunFiles[]; photos: RunPhoto[]; problems: AppError[] }> {
  const store = new RunStore(open);
  const { runs: infos, problems } = await store.listRuns();
  const [runs, photos]: [RunFiles[], Map<string, RunPhoto>] = [[], new Map()];
  for (const { id, name } of infos) {
    try {
      runs.push(await exportRunFiles(id, open));
      for (const sha256 of await store.imagesOf(id)) {
        const blob = photos.has(sha256) ? null : await openKept(sha256, sha256, open);
        if (blob) photos.set(sha256, { sha256, blob });
      }
    } catch (thrown) {
      problems.push(toAppError(thrown, name));
    }
  }
  return { runs, photos: [...photos.values()], problems };
}

/**
 * Keeps a run that came from elsewhere. It is listed when all of it is there.
 * @param files others than a run's are left out
 * @returns false where a run of this id is here already: that one stays
 * @throws DetectorError `storage` where info.json or request.json are missing or damaged, or there is no room
 */
export async function importRunFiles({ id, files }: RunFiles, open: OpenRoot = browserRoot): Promise<boolean> {
  const [info, request] = await Promise.all([INFO, REQUEST].map((name) => files.get(name)?.text()));
  if (info === undefined || request === undefined)
    throw new DetectorError('storage', id, `expected ${INFO} and ${REQUEST} of the run, got ${list(files)}`);
  parseInfo(info, expectRunId(id));
  parseRequest(request, `${id}/${REQUEST}`);
  const before = await findRuns(open);
  if (before && (await findFolder(before, id))) return false;
  try {
    const folder = await (await makeRuns(open)).getDirectoryHandle(id, { create: true });
    const rest = [...files].filter(([name]) => RUN_FILES.has(name) && name !== INFO);
    for (const [name, file] of [...rest, [INFO, files.get(INFO)!] as const]) await writeBytes(folder, name, file);
    return true;
  } catch (thrown) {
    await removeIfThere(await makeRuns(open), id).catch(() => undefined);
    throw storageError(thrown, id);
  }
}

const list = (files: ReadonlyMap<string, Blob>): string => [...files.keys()].join(', ') || 'no file';

/**
 * Keeps runs and the photos they need.
 * @returns ids of the runs that are new here; what could not be kept is a problem, the others are kept
 */
export async function importRuns(
  runs: readonly RunFiles[],
  photos: readonly RunPhoto[],
  open: OpenRoot = browserRoot,
): Promise<{ kept: string[]; problems: AppError[] }> {
  const [kept, problems]: [string[], AppError[]] = [[], []];
  const attempt = async (subject: string, work: () => Promise<void>): Promise<void> =>
    work().catch((thrown: unknown) => void problems.push(toAppError(thrown, subject)));
  for (const { sha256, blob } of photos) await attempt(sha256, async () => void (await keepImage(blob, open)));
  for (const run of runs)
    await attempt(run.id, async () => {
      if (await importRunFiles(run, open)) kept.push(run.id);
    });
  return { kept, problems };
}
