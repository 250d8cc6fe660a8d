/** Entry of the page: the interface, the worker, and the parts of src/data that the interface needs, put together. */
import { installAutomation } from './app/automation';
import type { KeptImage, KeptValues } from './app/persistence-types';
import type { LabelPorts, Ports, TableEntry } from './app/ports';
import type { SessionPorts } from './app/session-types';
import { startApp } from './app/start';
import { automaticSplit } from './data/annotations/auto-split';
import type { LabelSet } from './data/annotations/types';
import { createKeptSession } from './data/autosave/kept-session';
import { toCocoJson, toCsv, toJson, type ExportItem } from './data/export';
import { collectImages } from './data/images/collect';
import { decodeImage } from './data/images/decode';
import { uprightPixelSize } from './data/images/orientation';
import { makeThumbnail } from './data/images/thumbnail';
import { openWebcam, webcamFrame } from './data/images/webcam';
import { keepAwake } from './data/keep-awake';
import { zipFiles } from './data/zip-files';
import { DetectorError } from './lib/errors';
import type { LabelledItem } from './state/labels';
import { createDetectorClient } from './workers/client';

/** Greatest side of the bitmaps that are shown: beyond it a screen shows no more and a GPU texture may not hold it. */
const SHOWN_SIDE = 4096;

const toItem = ({ file, detections, classes }: TableEntry): ExportItem => ({ file, result: detections, classes });

/** The automatic split is the same in every visit. */
const SPLIT_SEED = 1;

// Label files and sessions are for some visits: their code comes when it is wanted.
const labelReading = () => import('./data/annotations/read-dropped');
const labelWriting = () => import('./data/annotations/write-labels');
const duplicates = () => import('./data/annotations/fingerprint');
const sessionReading = () => import('./data/session/read-session');
const sessionWriting = () => import('./data/session/write-session');
const runTransfer = () => import('./data/runs/transfer');

/** The app hands the sets of `read` back as they were, so `extra` is what these functions put there. */
const labels: LabelPorts = {
  read: async (texts, images) => (await labelReading()).readDroppedLabels(texts, images),
  write: async (format, set, splits) => (await labelWriting()).writeLabels(format, set as LabelSet, splits),
  zip: async (written, imageOf) => (await labelWriting()).zipLabels(written, imageOf),
  split: (set, byHand) => automaticSplit(set as LabelSet, { seed: SPLIT_SEED, byHand }),
  duplicates: async (train, heldOut) => (await duplicates()).findDuplicates(train, heldOut),
  sizeOf: uprightPixelSize,
};

/** `extra` comes back as it was, as with the label files. */
const session: SessionPorts = {
  write: async (saved, work) =>
    (await sessionWriting()).writeSession({ ...saved, labels: saved.labels as LabelSet }, work),
  read: async (file, name, work) => {
    const { parts, problems } = await (await sessionReading()).readSession(file, name, work);
    return { session: parts, problems };
  },
  exportRuns: async () => (await runTransfer()).exportRuns(),
  importRuns: async ({ runs, photos }) => (await runTransfer()).importRuns(runs, photos),
};

const ports: Ports = {
  labels,
  session,
  kept: createKeptSession<KeptImage, LabelledItem, KeptValues>(),
  collect: collectImages,
  decode: (blob, name) => decodeImage(blob, name, { maxSide: SHOWN_SIDE }),
  thumbnail: (blob, name, side) => makeThumbnail(blob, side, name),
  webcamFrame,
  openWebcam,
  zip: zipFiles,
  writeTable: (format, entries, { model, adapter, ...options }) => {
    const items = entries.map(toItem);
    if (format === 'csv') return toCsv(items, options);
    return format === 'coco' ? toCocoJson(items, options) : toJson(model, adapter, items, options);
  },
};

const root = document.getElementById('root');
if (!root) throw new DetectorError('internal', 'index.html', 'expected an element with id root, found none');
const running = startApp(root, createDetectorClient(), ports, location);
installAutomation(running);
keepAwake();
if (import.meta.env.PROD && 'serviceWorker' in navigator)
  void running.started.then(() => navigator.serviceWorker.register('./sw.js', { scope: './' }));
