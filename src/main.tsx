/** Entry of the page: the interface, the worker, and the parts of src/data that the interface needs, put together. */
import { installAutomation } from './app/automation';
import type { Ports, TableEntry } from './app/ports';
import { startApp } from './app/start';
import { toCocoJson, toCsv, toJson, type ExportItem } from './data/export';
import { collectImages } from './data/images/collect';
import { decodeImage } from './data/images/decode';
import { makeThumbnail } from './data/images/thumbnail';
import { webcamFrame } from './data/images/webcam';
import { DetectorError } from './lib/errors';
import { createDetectorClient } from './workers/client';

/** Greatest side of the bitmaps that are shown: beyond it a screen shows no more and a GPU texture may not hold it. */
const SHOWN_SIDE = 4096;

const toItem = ({ file, detections, classes }: TableEntry): ExportItem => ({ file, result: detections, classes });

const ports: Ports = {
  collect: collectImages,
  decode: (blob, name) => decodeImage(blob, name, { maxSide: SHOWN_SIDE }),
  thumbnail: (blob, name, side) => makeThumbnail(blob, side, name),
  webcamFrame,
  writeTable: (format, entries, { model, adapter, ...options }) => {
    const items = entries.map(toItem);
    if (format === 'csv') return toCsv(items, options);
    return format === 'coco' ? toCocoJson(items, options) : toJson(model, adapter, items, options);
  },
};

const root = document.getElementById('root');
if (!root) throw new DetectorError('internal', 'index.html', 'expected an element with id root, found none');
installAutomation(startApp(root, createDetectorClient(), ports, location));
