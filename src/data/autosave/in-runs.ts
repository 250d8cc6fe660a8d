/** Whether a kept photo is needed by a kept run of training. */
import { browserRoot, findFolder, storageError, type OpenRoot } from '../directory';
import { findReplaced, findRuns, REQUEST } from '../runs/folder';

/** @param hash sha256 of the photo, hex @throws DetectorError `storage` */
export async function isInRuns(hash: string, open: OpenRoot = browserRoot): Promise<boolean> {
  try {
    const runs = await findRuns(open);
    if (!runs) return false;
    for await (const id of runs.keys()) {
      const folder = await findFolder(runs, id);
      const request = folder && (await findReplaced(folder, REQUEST));
      if ((await request?.text())?.includes(hash)) return true;
    }
    return false;
  } catch (thrown) {
    throw storageError(thrown, 'kept runs');
  }
}
