/**
 * Label files into the session's labels. Files that name images which are not here wait, also over reloads, and are read again
 * when images come; then they speak only for images that nobody has labelled.
 */
import { toAppError, type AppError } from '../lib/errors';
import { isLabelled, labelDataOf, sameLabels, withoutKeys } from '../state/labels-data';
import type { LabelData, LabelStore } from '../state/labels';
import type { Pictures } from '../state/pictures';
import type { AppStore } from '../state/store';
import { joinSet, splitsOfLists } from './labels-join';
import type { NamedImage, Ports, ReadLabels, SplitLists } from './ports';

export interface LabelImport {
  /** One undo step. @returns what could not be read; it is listed among the refusals, too */
  read(texts: ReadonlyMap<string, Blob>): Promise<AppError[]>;
  /** Reads what waits, for images that came; all but some that were read just now. */
  readWaiting(but?: ReadonlyMap<string, unknown>): Promise<void>;
  /** Lets files wait for their images: those of the last visit, or of a drop that is under way. */
  wait(texts: Readonly<Record<string, string>>): void;
  /** Nothing waits any more. */
  forget(): void;
}

interface ImportParts {
  store: AppStore;
  labels: LabelStore;
  pictures: Pictures;
  ports: Pick<Ports, 'labels'>;
  /** Keeps waiting files for the next visit; null forgets one. */
  keepTexts(changes: Record<string, string | null>): void;
}

type ReadSet = ReadLabels['sets'][number];

export function createLabelImport({ store, labels, pictures, ports, keepTexts }: ImportParts): LabelImport {
  let waiting: Record<string, string> = {};
  /** What was refused of files that wait: some of it, images that are not here above all, is mended by what comes. */
  let said: AppError[] = [];

  /** Says of files that waited what holds now. */
  const sayAgain = (problems: readonly AppError[]): void => {
    const same = (a: AppError, b: AppError): boolean => a.subject === b.subject && a.message === b.message;
    const gone = said.filter((old) => !problems.some((problem) => same(old, problem)));
    const fresh = problems.filter((problem) => !said.some((old) => same(old, problem))).slice(0, gone.length);
    gone.forEach((old, i) => store.getState().retract(old, fresh[i]));
    said = [...said.filter((old) => !gone.includes(old)), ...fresh];
  };

  const setWaiting = (texts: Record<string, string>): void => {
    const gone = Object.keys(waiting).filter((path) => !(path in texts));
    const added = Object.entries(texts).filter(([path, text]) => waiting[path] !== text);
    waiting = texts;
    const changes = { ...Object.fromEntries(gone.map((path) => [path, null])), ...Object.fromEntries(added) };
    if (Object.keys(changes).length > 0) keepTexts(changes);
    store.getState().setWaitingLabels(Object.keys(texts).length);
  };

  const images = (): NamedImage[] =>
    store.getState().images.flatMap(({ id, name }) => {
      const blob = pictures.blob(id);
      return blob ? [{ id, name, blob }] : [];
    });

  /** The images of a set that it may speak for; one of another size is a problem. */
  const mayJoin = ({ set, images: here }: ReadSet, again: boolean, problems: AppError[]): Map<string, string> => {
    const { items } = labels.getState();
    const known = new Map(store.getState().images.map((image) => [image.id, image]));
    const joined = new Map<string, string>();
    for (const { file, width, height } of set.images) {
      const image = known.get(here.get(file) ?? '');
      if (!image || (again && isLabelled(items[image.id]))) continue;
      if (image.width > 0 && (image.width !== width || image.height !== height)) {
        problems.push({
          code: 'annotations',
          subject: file,
          message: `expected labels of an image of ${image.width} x ${image.height} pixels, got labels of ${width} x ${height}`,
          hint: 'They were made on another copy of the photo, or before it was turned upright.',
        });
        continue;
      }
      joined.set(file, image.id);
    }
    return joined;
  };

  const join = (read: ReadLabels, again: boolean): AppError[] => {
    const problems: AppError[] = [...read.problems];
    let data: LabelData = labelDataOf(labels.getState());
    let lists: SplitLists = read.splits;
    /** Images of a split set that none of its lists names: somebody left them out. */
    const aside: string[] = [];
    for (const each of read.sets) {
      const joined = mayJoin(each, again, problems);
      if (again && joined.size === 0) continue;
      data = joinSet(data, each.set, joined);
      const named = Object.entries(each.splits).map(([split, files]) => [
        split,
        [...(lists[split] ?? []), ...files.flatMap((file) => joined.get(file) ?? [])],
      ]);
      lists = { ...lists, ...(Object.fromEntries(named) as SplitLists) };
      const said = splitsOfLists(lists);
      if (named.length > 0) aside.push(...[...joined.values()].filter((id) => said[id] === undefined));
    }
    const left = Object.fromEntries(aside.map((id) => [id, 'none' as const]));
    const splits = { ...data.splits, ...left, ...splitsOfLists(lists) };
    if (!sameLabels(labels.getState(), { ...data, splits })) labels.getState().replaceAll({ ...data, splits });
    const { splitChoices, setSplitChoices } = store.getState();
    const merged = Object.entries(lists).map(([split, ids]) => [
      split,
      [...new Set([...(splitChoices[split] ?? []), ...ids])],
    ]);
    if (merged.length > 0) setSplitChoices({ ...splitChoices, ...(Object.fromEntries(merged) as SplitLists) });
    return problems;
  };

  const readAll = async (texts: ReadonlyMap<string, Blob>, again: boolean): Promise<AppError[]> => {
    try {
      const read = await ports.labels.read(texts, images());
      const problems = join(read, again);
      const left = { ...withoutKeys(waiting, new Set(texts.keys())) };
      for (const path of read.waiting) left[path] = await texts.get(path)!.text();
      setWaiting(left);
      if (again) sayAgain(problems);
      else for (const problem of problems) store.getState().refuse(problem);
      const mayMend = ({ subject }: AppError): boolean => !texts.has(subject) || read.waiting.includes(subject);
      if (!again && read.waiting.length > 0) said.push(...problems.filter(mayMend));
      return problems;
    } catch (thrown) {
      const error = toAppError(thrown, 'labels');
      store.getState().refuse(error);
      return [error];
    }
  };

  /** One after another: each joins onto what the one before left. */
  let turn: Promise<unknown> = Promise.resolve();
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const done = turn.then(work);
    turn = done;
    return done;
  };

  return {
    read: (texts) => inTurn(() => (texts.size === 0 ? Promise.resolve([]) : readAll(texts, false))),
    readWaiting: (but) =>
      inTurn(async () => {
        const entries = Object.entries(waiting).filter(([path]) => !but?.has(path));
        if (entries.length > 0) await readAll(new Map(entries.map(([path, text]) => [path, new Blob([text])])), true);
      }),
    wait: (texts) => setWaiting({ ...waiting, ...texts }),
    forget: () => {
      said = [];
      setWaiting({});
    },
  };
}
