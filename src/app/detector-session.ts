/** Client, store and pictures as one running session: what the interface and the automation both drive. */
import { toAppError, type AppError } from '../lib/errors';
import type { Result } from '../lib/result';
import type { ImageDetections, ModelInfo } from '../lib/types';
import type { Commands } from '../state/commands';
import { createCompareStore, type CompareStore } from '../state/compare';
import { createLabelStore, type LabelStore } from '../state/labels';
import { Pictures } from '../state/pictures';
import type { SampleName } from '../state/samples';
import { createTrainingStore, type TrainingStore } from '../state/training';
import type { AppStore } from '../state/store';
import type { DetectorClient } from '../workers/client';
import type { BackendName, ModelSource } from '../workers/protocol';
import { createClustering } from './clusters';
import { createCompare } from './compare';
import { createExports, drawDetections } from './exports';
import { newId } from './ids';
import { createIntake } from './intake';
import { createLabelExport, type LabelExport } from './labels-export';
import { createLabelImport, type LabelImport } from './labels-import';
import { createLive } from './live';
import { createLabelSplits } from './labels-split';
import { copyLink } from './copy-link';
import { createModels } from './models';
import { fadeNotices } from './notices';
import { createPersistence } from './persistence';
import { createProfiling } from './profile';
import type { Ports, TableOptions } from './ports';
import { createLooking } from './query-views';
import { createQueue } from './queue';
import { createSessionFile, type SessionFile } from './session-file';
import { createTraining } from './training';
import { trainingDataOf } from './training-data';
import { followWorker } from './worker-events';

export interface SessionParts {
  store: AppStore;
  client: DetectorClient;
  ports: Ports;
  /** Address of the folder with the samples, ending in a slash. */
  samples: string;
  /** Words for things that have no file name. */
  words: { webcam: string; link: string; linkOnlySamples: string; views: string; clusters: string; profile: string };
}

export interface DetectorSession {
  store: AppStore;
  labels: LabelStore;
  training: TrainingStore;
  compare: CompareStore;
  client: DetectorClient;
  labelImport: LabelImport;
  labelExport: LabelExport;
  sessionFile: SessionFile;
  commands: Commands;
  /**
   * Opens the device and loads the model of the last visit (or `model`); resolves when the session can detect, or with
   * the reason why it cannot. The store says the same.
   */
  start(options: { backend: 'auto' | BackendName; model?: string }): Promise<Result<ModelInfo>>;
  /** Brings back images and labels of the last visit and keeps them from then on. @returns whether there are images */
  restoreImages(): Promise<boolean>;
  showSample(name: SampleName): Promise<void>;
  load(source: ModelSource): Promise<Result<ModelInfo>>;
  /** Detects without showing the image on the page. */
  detectFile(file: File): Promise<Result<ImageDetections>>;
  /** PNG at full size with the detections of a layer drawn in; rejects with a DetectorError when it cannot be decoded. */
  drawAnnotated(file: Blob, name: string, detections: ImageDetections, options: TableOptions): Promise<Blob>;
}

export function createDetectorSession({ store, client, ports, samples, words }: SessionParts): DetectorSession {
  const labels = createLabelStore();
  const pictures = new Pictures(ports.decode);
  const queue = createQueue(store, client, pictures);
  const models = createModels(store, client, queue.again);
  const exports = createExports(store, pictures, ports);
  const looking = createLooking(store, client, pictures);
  const clustering = createClustering({ store, client, pictures, again: queue.again });
  const profiling = createProfiling({ store, client, pictures, what: words.profile });
  const intake = createIntake({
    store,
    pictures,
    ports,
    samples,
    onImage: queue.wake,
    whenKept: () => persistence.imagesKept(),
    onCheckpoint: ({ name, files }) => void models.load({ kind: 'files', name, files }),
    onSession: (file) => sessionFile.open(file),
    onText: async (path, file) => labelImport.wait({ [path]: await file.text() }),
    onTakenIn: async (texts) => {
      if (texts.size > 0) await labelImport.read(texts);
      await labelImport.readWaiting(texts);
    },
  });
  const labelImport = createLabelImport({
    store,
    labels,
    pictures,
    ports,
    keepTexts: (changes) => persistence.keepTexts(changes),
  });
  const labelExport = createLabelExport({ store, labels, pictures, ports });
  const splits = createLabelSplits({ store, labels, pictures, ports });
  const persistence = createPersistence({
    store,
    labels,
    pictures,
    kept: ports.kept,
    addKept: intake.addKept,
    addSample: intake.addSample,
    onTexts: (texts) => {
      labelImport.wait(texts);
      void labelImport.readWaiting();
    },
  });
  const training = createTrainingStore();
  const teaching = createTraining({
    training,
    client,
    trainingData: () => {
      splits.update();
      return trainingDataOf(labels.getState(), store.getState().images, (id) => pictures.blob(id));
    },
    family: () => store.getState().model?.family ?? null,
    load: (source, name) => void models.load(source, name),
    notify: store.getState().notify,
    zip: ports.zip,
  });
  const compare = createCompareStore();
  const comparing = createCompare({ store, compare, labels, pictures, client });
  const live = createLive({ store, labels, compare, client, ports, name: words.webcam, page: document });
  const sessionFile = createSessionFile({
    store,
    labels,
    pictures,
    ports,
    addKept: intake.addKept,
    onImage: queue.wake,
    whenKept: persistence.imagesKept,
    onRuns: teaching.restore,
  });
  labels.subscribe((state, before) => {
    if (state.items !== before.items || state.splits !== before.splits || state.classes !== before.classes)
      teaching.dataChanged();
  });
  store.subscribe((state, before) => {
    if (state.images !== before.images) teaching.dataChanged();
  });
  fadeNotices(store);
  // Query 17 of one image has nothing to do with query 17 of the next.
  store.subscribe((state, before) => {
    if (before.currentImage === null || state.currentImage === before.currentImage) return;
    state.selectQuery(null);
    state.hoverQuery(null);
  });

  const failed = (error: AppError): { ok: false; error: AppError } => {
    store.getState().setDeviceStatus('failed');
    store.getState().notify({ kind: 'fault', error });
    return { ok: false, error };
  };

  const commands: Commands = {
    ...teaching.commands,
    ...comparing,
    ...profiling,
    addItems: (items, origin) => void intake.addItems(items, origin),
    addSample: (name) => void intake.addSample(name),
    addWebcamFrame: () => void intake.addWebcamFrame(words.webcam),
    startLive: live.start,
    stopLive: live.stop,
    liveVideo: live.video,
    cancelImages: () => {
      intake.cancel();
      queue.cancel();
    },
    removeImage: (id) => {
      pictures.remove(id);
      store.getState().removeImage(id);
      labels.getState().forgetImages([id]);
    },
    clearImages: () => {
      intake.cancel();
      const gone = store.getState().images.map(({ id }) => id);
      pictures.clear();
      store.getState().clearImages();
      labels.getState().forgetImages(gone);
      labelImport.forget();
      store.getState().setSplitChoices({});
    },
    loadModel: (source) => void models.load(source),
    cancelLoading: models.cancel,
    removeModel: (id) => void models.remove(id),
    restartDevice: () => void client.loseDevice(),
    picture: (id) => pictures.bitmap(id, store.getState().images.find((item) => item.id === id)?.name ?? id),
    save: (format, scope) => void exports.save(format, scope),
    copy: (format, scope) => void exports.copy(format, scope),
    copyLink: () => void copyLink(store, { what: words.link, onlySamples: words.linkOnlySamples }),
    copyViews: () => void looking.copy(words.views),
    copyClusters: () => void clustering.copy(words.clusters),
    saveLabels: (format, options) => void labelExport.save(format, options),
    saveSession: () => void sessionFile.save(),
    openSession: (file) => void sessionFile.open(file),
    cancelSession: sessionFile.cancel,
    chooseSplit: splits.choose,
    findSplitDuplicates: () => void splits.findDuplicates(),
  };

  return {
    store,
    labels,
    training,
    compare,
    client,
    labelImport,
    labelExport,
    sessionFile,
    commands,
    start: async ({ backend, model }) => {
      try {
        const device = await client.start({ adapter: 'high-performance', backend }, followWorker(store, queue.wake));
        if (!device.ok) return failed(device.error);
        store.getState().setDevice(device.value);
        const { fallbackReason } = device.value;
        if (fallbackReason) store.getState().notify({ kind: 'fallback', error: fallbackReason });
        const restored = await models.restore(model);
        void teaching.restore();
        return restored;
      } catch (thrown) {
        return failed(toAppError(thrown, 'device'));
      }
    },
    restoreImages: async () => {
      const hasImages = await persistence.restore();
      if (hasImages) queue.wake();
      return hasImages;
    },
    showSample: intake.addSample,
    load: (source) => models.load(source),
    detectFile: (file) => client.detect(file, file.name, newId('detect')),
    drawAnnotated: async (file, name, detections, options) => {
      const { bitmap } = await ports.decode(file, name);
      try {
        return await drawDetections(bitmap, detections, store.getState().classNames[detections.model] ?? [], options);
      } finally {
        bitmap.close();
      }
    },
  };
}
