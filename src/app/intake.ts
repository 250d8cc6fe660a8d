/** Ways in for images: dropped, picked and pasted things, samples with their stored detections, the camera. */
import { DetectorError, toAppError } from '../lib/errors';
import type { ImageOrigin } from '../state/images';
import type { Pictures } from '../state/pictures';
import { sampleFile, unpackStored, type SampleName, type StoredDetections } from '../state/samples';
import type { AppStore } from '../state/store';
import { newId } from './ids';
import type { Ports } from './ports';

const THUMBNAIL_SIDE = 168;

export interface Intake {
  addItems(items: DataTransfer | readonly File[], origin: 'file' | 'paste'): Promise<void>;
  /** Shows the sample, from the strip if it is there already. */
  addSample(name: SampleName): Promise<void>;
  addWebcamFrame(name: string): Promise<void>;
  /** Stops reading what is being added. */
  cancel(): void;
}

interface IntakeParts {
  store: AppStore;
  pictures: Pictures;
  ports: Ports;
  /** Called after an image was added. */
  onImage(): void;
  onCheckpoint(checkpoint: { name: string; files: File[] }): void;
  /** Address of the folder with the samples, ending in a slash. */
  samples: string;
}

export function createIntake({ store, pictures, ports, onImage, onCheckpoint, samples }: IntakeParts): Intake {
  let stopped = 0;
  let stored: Promise<Record<string, StoredDetections>> | null = null;
  /** Thumbnails are made one by one, so that a thousand files do not decode at once. */
  let thumbnails = Promise.resolve();

  const add = (blob: Blob, name: string, origin: ImageOrigin, id = newId('image')): void => {
    pictures.add(id, blob);
    store.getState().addImage({ id, name, origin, status: 'waiting', width: 0, height: 0 });
    thumbnails = thumbnails.then(async () => {
      try {
        const url = pictures.setThumbnail(id, await ports.thumbnail(blob, name, THUMBNAIL_SIDE));
        if (url) store.getState().setThumbnail(id, url);
      } catch {
        // The detector says why a picture cannot be read; a missing thumbnail adds nothing.
      }
    });
  };

  const storedDetections = (): Promise<Record<string, StoredDetections>> => {
    stored ??= fetch(`${samples}detections.json`)
      .then((response) => (response.ok ? response.json() : {}))
      // Without stored detections the sample waits for the live ones.
      .catch(() => ({}));
    return stored;
  };

  const failed = (thrown: unknown, subject: string): void => store.getState().refuse(toAppError(thrown, subject));

  return {
    addItems: async (items, origin) => {
      const turn = stopped;
      let first = true;
      try {
        for await (const found of ports.collect(items)) {
          if (turn !== stopped) return;
          if ('refused' in found) store.getState().refuse(found.refused);
          else if ('checkpoint' in found) onCheckpoint(found.checkpoint);
          else {
            const id = newId('image');
            add(found.file, found.path, origin, id);
            if (first) store.getState().showImage(id);
            first = false;
            onImage();
          }
        }
      } catch (thrown) {
        failed(thrown, 'files');
      }
    },

    addSample: async (name) => {
      const file = sampleFile(name);
      const id = `sample-${name}`;
      if (store.getState().images.some((item) => item.id === id)) return store.getState().showImage(id);
      try {
        const [response, known] = await Promise.all([fetch(`${samples}${file}`), storedDetections()]);
        if (!response.ok) throw new DetectorError('network', file, `expected the sample photo, got ${response.status}`);
        const blob = await response.blob();
        if (store.getState().images.some((item) => item.id === id)) return store.getState().showImage(id);
        add(blob, file, 'sample', id);
        const entry = known[file];
        if (entry) {
          if (entry.classes) store.getState().learnClassNames(entry.model, entry.classes);
          store.getState().setResult(id, unpackStored(entry), true);
        }
        store.getState().showImage(id);
        onImage();
      } catch (thrown) {
        failed(thrown, file);
      }
    },

    addWebcamFrame: async (name) => {
      try {
        const frame = await ports.webcamFrame();
        const canvas = new OffscreenCanvas(frame.width, frame.height);
        canvas.getContext('bitmaprenderer')?.transferFromImageBitmap(frame);
        const id = newId('image');
        add(await canvas.convertToBlob({ type: 'image/png' }), `${name}-${id}.png`, 'webcam', id);
        store.getState().showImage(id);
        onImage();
      } catch (thrown) {
        failed(thrown, name);
      }
    },

    cancel: () => {
      stopped += 1;
    },
  };
}
