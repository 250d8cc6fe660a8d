/** Ways in for images: dropped, picked and pasted things, samples with their stored detections, the camera. */
import { DetectorError, toAppError } from '../lib/errors';
import type { ImageOrigin } from '../state/images';
import type { Pictures } from '../state/pictures';
import { sampleFile, unpackStored, type SampleName, type StoredDetections } from '../state/samples';
import type { AppStore } from '../state/store';
import { lastingId } from './ids';
import type { KeptImage } from './persistence-types';
import type { LabelPorts, Ports } from './ports';

const THUMBNAIL_SIDE = 168;

export interface Intake {
  addItems(items: DataTransfer | readonly File[], origin: 'file' | 'paste'): Promise<void>;
  /** Shows the sample, from the strip if it is there already. */
  addSample(name: SampleName): Promise<void>;
  addWebcamFrame(name: string): Promise<void>;
  /** Puts an image of the last visit back into the strip. */
  addKept(image: Omit<KeptImage, 'bytes' | 'place'>, blob: Blob): void;
  /** Stops reading what is being added. */
  cancel(): void;
}

interface IntakeParts {
  store: AppStore;
  pictures: Pictures;
  ports: Pick<Ports, 'collect' | 'thumbnail' | 'webcamFrame'> & { labels: Pick<LabelPorts, 'sizeOf'> };
  /** Called after an image was added. */
  onImage(): void;
  /** Resolves when everything that was added is kept for the next visit, or cannot be: the next image waits for it. */
  whenKept(): Promise<void>;
  onCheckpoint(checkpoint: { name: string; files: File[] }): void;
  /** Called with a session file that was among the things. */
  onSession(file: File): Promise<void>;
  /** Called with each possible label file as it is found. */
  onText(path: string, file: File): Promise<void>;
  /** Called when everything was taken in and the sizes of its images are known. */
  onTakenIn(texts: ReadonlyMap<string, File>): Promise<void>;
  /** Address of the folder with the samples, ending in a slash. */
  samples: string;
}

/** Whether two files hold the same bytes. */
export async function sameBytes(a: Blob, b: Blob): Promise<boolean> {
  if (a.size !== b.size) return false;
  const [x, y] = await Promise.all([a.arrayBuffer(), b.arrayBuffer()]);
  const [left, right] = [new Uint8Array(x), new Uint8Array(y)];
  return left.every((byte, at) => byte === right[at]);
}

export function createIntake(parts: IntakeParts): Intake {
  const { store, pictures, ports, onImage, samples } = parts;
  let stopped = 0;
  let stored: Promise<Record<string, StoredDetections>> | null = null;
  /** Thumbnails are made one by one, so that a thousand files do not decode at once. */
  let thumbnails = Promise.resolve();
  /** Sizes from the headers, one by one too. */
  let sizes = Promise.resolve();

  const add = (blob: Blob, name: string, origin: ImageOrigin, id: string, known = { width: 0, height: 0 }): void => {
    pictures.add(id, blob);
    store.getState().addImage({ id, name, origin, status: 'waiting', ...known });
    if (known.width === 0) {
      sizes = sizes.then(async () => {
        const size = await ports.labels.sizeOf(blob).catch(() => undefined);
        if (size) store.getState().setImageSize(id, size.width, size.height);
      });
    }
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

  /** An image of the same name and content: a folder that is added again brings nothing new. */
  const known = async (file: File, path: string): Promise<string | undefined> => {
    for (const { id, name } of store.getState().images) {
      const blob = name === path ? pictures.blob(id) : undefined;
      if (blob && (await sameBytes(blob, file))) return id;
    }
    return undefined;
  };

  const failed = (thrown: unknown, subject: string): void => store.getState().refuse(toAppError(thrown, subject));

  return {
    addItems: async (items, origin) => {
      const turn = stopped;
      let first = true;
      const texts = new Map<string, File>();
      try {
        for await (const found of ports.collect(items)) {
          if (turn !== stopped) return;
          if ('refused' in found) store.getState().refuse(found.refused);
          else if ('checkpoint' in found) parts.onCheckpoint(found.checkpoint);
          else if ('session' in found) await parts.onSession(found.session);
          else if ('text' in found) {
            texts.set(found.path, found.text);
            await parts.onText(found.path, found.text);
          } else {
            const before = origin === 'file' ? await known(found.file, found.path) : undefined;
            const id = before ?? lastingId('image');
            if (!before) add(found.file, found.path, origin, id);
            if (first) store.getState().showImage(id);
            first = false;
            onImage();
            await parts.whenKept();
          }
        }
        await sizes;
        await parts.onTakenIn(texts);
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
        const id = lastingId('image');
        add(await canvas.convertToBlob({ type: 'image/png' }), `${name}-${id}.png`, 'webcam', id);
        store.getState().showImage(id);
        onImage();
      } catch (thrown) {
        failed(thrown, name);
      }
    },

    addKept: ({ id, name, origin, width, height }, blob) => add(blob, name, origin, id, { width, height }),

    cancel: () => {
      stopped += 1;
    },
  };
}
