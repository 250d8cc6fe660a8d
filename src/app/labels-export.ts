/** The session's labels out of the page: files of the three formats, with or without the images. */
import { DetectorError, toAppError } from '../lib/errors';
import type { LabelFormat } from '../state/label-files';
import { labelDataOf } from '../state/labels-data';
import type { LabelStore } from '../state/labels';
import type { Pictures } from '../state/pictures';
import type { AppStore } from '../state/store';
import { offerFile } from '../ui/offer-file';
import { setOfSession, splitLists } from './labels-join';
import type { Ports, WrittenLabels } from './ports';

export interface LabelExport {
  /**
   * The label files. What was imported and not changed is written as it was.
   * @param automatic lists images of the automatic split, too
   * @throws DetectorError `annotations` where nothing is labelled
   */
  write(format: LabelFormat, automatic: boolean): Promise<WrittenLabels & { imageIds: ReadonlyMap<string, string> }>;
  /** Offers a file for saving: COCO without images as JSON, anything else as a zip archive. */
  save(format: LabelFormat, options: { images: boolean }): Promise<void>;
}

interface ExportParts {
  store: AppStore;
  labels: LabelStore;
  pictures: Pictures;
  ports: Pick<Ports, 'labels'>;
}

export function createLabelExport({ store, labels, pictures, ports }: ExportParts): LabelExport {
  const write: LabelExport['write'] = async (format, automatic) => {
    const { images, splitChoices } = store.getState();
    const sizes = Object.fromEntries(images.map(({ id, width, height }) => [id, { width, height }]));
    const session = setOfSession(labelDataOf(labels.getState()), images, sizes);
    if (session.ids.length === 0) {
      const hint = 'Draw a box, or mark an image as complete.';
      throw new DetectorError('annotations', 'labels', 'expected labelled images to save, there are none', hint);
    }
    const lists = splitLists(labels.getState(), splitChoices, session, automatic);
    const written = await ports.labels.write(format, session.set, lists);
    const imageIds = new Map(session.set.images.map(({ file }, index) => [file, session.ids[index]!]));
    return { ...written, imageIds };
  };

  const fileOf = async (format: LabelFormat, images: boolean): Promise<{ blob: Blob; name: string }> => {
    const written = await write(format, images);
    for (const problem of written.problems) store.getState().refuse(problem);
    const json = [...written.files].find(([path]) => path.endsWith('.json'));
    if (format === 'coco' && !images && json) {
      return { blob: new Blob([json[1]], { type: 'application/json' }), name: 'labels.coco.json' };
    }
    const parts = images ? written : { ...written, images: new Map<string, string>() };
    const imageOf = async (file: string): Promise<Blob | undefined> => pictures.blob(written.imageIds.get(file) ?? '');
    return { blob: await ports.labels.zip(parts, imageOf), name: `labels-${format}.zip` };
  };

  return {
    write,
    save: async (format, { images }) => {
      try {
        const { blob, name } = await fileOf(format, images);
        offerFile(blob, name);
        store.getState().notify({ kind: 'saved', what: name });
      } catch (thrown) {
        store.getState().notify({ kind: 'fault', error: toAppError(thrown, 'save') });
      }
    },
  };
}
