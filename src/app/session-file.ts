/**
 * Saves the whole session as one file and opens such a file beside what is here: images, labels, classes with colours, splits,
 * what was looked at, and the kept runs. One of the two at a time; both can be cancelled.
 */
import { DetectorError, toAppError, type AppError } from '../lib/errors';
import { labelDataOf, sameLabels } from '../state/labels-data';
import type { LabelStore } from '../state/labels';
import type { Pictures } from '../state/pictures';
import type { AppStore } from '../state/store';
import { offerFile } from '../ui/offer-file';
import { sameBytes } from './intake';
import type { KeptImage } from './persistence-types';
import type { Ports } from './ports';
import { applyView, imagesHere, incomingId, joinLabels } from './session-join';
import { partsOfPage } from './session-parts';
import type { SavedImage, SessionWork } from './session-types';

export interface OpenedSession {
  /** Images of the file that are on the page now, those that were here already among them. */
  images: number;
  /** Runs that are new here. */
  runs: number;
  /** What could not be brought back; it is listed among the refusals, too. */
  problems: AppError[];
}

export interface SessionFile {
  /** @throws DetectorError `unsupported` while another session file is at work; AbortError when it was cancelled */
  write(): Promise<Blob>;
  /**
   * @throws DetectorError `storage` for another file, `unsupported` for a later version or while another one is at work;
   *   AbortError when it was cancelled: what has come in stays
   */
  read(file: Blob, name: string): Promise<OpenedSession>;
  /** Writes and offers the file; what goes wrong is a notice. */
  save(): Promise<void>;
  /** Reads; what goes wrong is a refusal. */
  open(file: File): Promise<void>;
  cancel(): void;
}

interface SessionFileParts {
  store: AppStore;
  labels: LabelStore;
  pictures: Pictures;
  ports: Pick<Ports, 'session'>;
  /** Puts an image into the strip. */
  addKept(image: Omit<KeptImage, 'bytes' | 'place'>, blob: Blob): void;
  onImage(): void;
  /** Resolves when what was added is kept for the next visit, or cannot be. */
  whenKept(): Promise<void>;
  /** Called when runs came in. */
  onRuns(): Promise<void>;
}

export function createSessionFile(parts: SessionFileParts): SessionFile {
  const { store, labels, pictures, ports } = parts;
  let working: AbortController | null = null;
  const refuse = (problems: readonly AppError[]): void =>
    problems.forEach((problem) => store.getState().refuse(problem));

  /** One at a time, its progress in the store. */
  const alone = async <T>(kind: 'saving' | 'opening', work: (work: SessionWork) => Promise<T>): Promise<T> => {
    if (working)
      throw new DetectorError(
        'unsupported',
        'session',
        'expected no other session file at work, one is',
        'Wait for it, or cancel it.',
      );
    working = new AbortController();
    const { signal } = working;
    const tell = (done: number, total: number): void => store.getState().setSessionWork({ kind, done, total });
    tell(0, 0);
    try {
      return await work({ signal, onFile: tell });
    } finally {
      working = null;
      store.getState().setSessionWork(null);
    }
  };

  const write: SessionFile['write'] = () =>
    alone('saving', async (work) => {
      const { problems, ...runs } = await ports.session.exportRuns();
      refuse(problems);
      const page = partsOfPage(store.getState(), labels.getState(), (id) => pictures.blob(id));
      return ports.session.write({ ...page, ...runs }, work);
    });

  /** @returns ids of images on the page by their ids in the file */
  const bringImages = async (images: readonly SavedImage[], signal: AbortSignal): Promise<Map<string, string>> => {
    const same = async (id: string, blob: Blob): Promise<boolean> => {
      const mine = pictures.blob(id);
      return mine !== undefined && (await sameBytes(mine, blob));
    };
    const ids = await imagesHere(images, store.getState().images, same);
    for (const { id, name, width, height, blob } of images) {
      if (ids.has(id)) continue;
      signal.throwIfAborted();
      const own = incomingId(id, store.getState().images);
      ids.set(id, own);
      parts.addKept({ id: own, name, origin: 'file', width, height }, blob);
      parts.onImage();
      await parts.whenKept();
    }
    return ids;
  };

  const read: SessionFile['read'] = (file, name) =>
    alone('opening', async (work) => {
      const { session, problems } = await ports.session.read(file, name, work);
      const ids = await bringImages(session.images, work.signal);
      const before = labelDataOf(labels.getState());
      const joined = joinLabels(before, session, ids);
      if (!sameLabels(before, joined.data)) labels.getState().replaceAll(joined.data);
      applyView(store, labels, session.view, ids);
      const runs = await ports.session.importRuns(session);
      if (runs.kept.length > 0) await parts.onRuns();
      const all = [...problems, ...joined.problems, ...runs.problems];
      refuse(all);
      return { images: ids.size, runs: runs.kept.length, problems: all };
    });

  return {
    write,
    read,
    save: async () => {
      try {
        const name = `stepdetr-session-${new Date().toISOString().slice(0, 10)}.zip`;
        offerFile(await write(), name);
        store.getState().notify({ kind: 'saved', what: name });
      } catch (thrown) {
        const error = toAppError(thrown, 'session');
        if (error.code !== 'cancelled') store.getState().notify({ kind: 'fault', error });
      }
    },
    open: async (file) => {
      try {
        await read(file, file.name);
      } catch (thrown) {
        const error = toAppError(thrown, file.name);
        if (error.code !== 'cancelled') store.getState().refuse(error);
      }
    },
    cancel: () => working?.abort(),
  };
}
