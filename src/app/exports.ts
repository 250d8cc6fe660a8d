/** Detections out of the page: files and clipboard. */
import { DetectorError, toAppError } from '../lib/errors';
import { withoutLabels } from '../lib/layers';
import type { ImageDetections } from '../lib/types';
import type { ExportFormat, ExportScope } from '../state/commands';
import { classNameOf } from '../state/model';
import type { Pictures } from '../state/pictures';
import { currentItem, currentNames, currentResult, layerCount, wholeLayer } from '../state/select';
import type { AppStore } from '../state/store';
import { annotatedPng } from '../ui/drawing/annotated';
import { buildScene } from '../ui/drawing/scene';
import { offerFile } from '../ui/offer-file';
import type { Ports, TableEntry, TableFormat, TableOptions } from './ports';

const TYPES: Record<ExportFormat, { type: string; ending: string }> = {
  json: { type: 'application/json', ending: '.json' },
  csv: { type: 'text/csv', ending: '.csv' },
  coco: { type: 'application/json', ending: '.coco.json' },
  png: { type: 'image/png', ending: '.boxes.png' },
};

/**
 * The image with its detections drawn in, at full size.
 *
 * @param picture the decoded image, or a reduced copy of it
 * @param options.hidden class names that are left out
 */
export function drawDetections(
  picture: ImageBitmap,
  detections: ImageDetections,
  classes: readonly string[],
  options: TableOptions & { hidden?: readonly string[] },
): Promise<Blob> {
  const scene = buildScene(detections, {
    names: classes,
    threshold: options.threshold,
    position: options.layer,
    hidden: options.hidden ?? [],
    selected: null,
    hovered: null,
    trails: 'off',
    pending: false,
  });
  return annotatedPng(picture, detections.width, detections.height, scene);
}

export interface Exports {
  save(format: ExportFormat, scope: ExportScope): Promise<void>;
  copy(format: ExportFormat, scope: ExportScope): Promise<void>;
}

export function createExports(store: AppStore, pictures: Pictures, ports: Ports): Exports {
  const options = (): TableOptions => {
    const state = store.getState();
    const layer = wholeLayer(state);
    return { threshold: state.threshold, layer: layer === layerCount(state) - 1 ? null : layer };
  };

  const entries = (scope: ExportScope): TableEntry[] => {
    const { images, results, currentImage, classNames, hiddenClasses } = store.getState();
    return images.flatMap((item) => {
      const detections = results[item.id];
      if (!detections || (scope === 'image' && item.id !== currentImage)) return [];
      const classes = classNames[detections.model] ?? [];
      const hidden = (label: number): boolean => hiddenClasses.includes(classNameOf(classes, label));
      return [{ file: item.name, detections: withoutLabels(detections, hidden), classes }];
    });
  };

  const png = async (): Promise<Blob> => {
    const state = store.getState();
    const [item, result] = [currentItem(state), currentResult(state)];
    const decoded = item && pictures.bitmap(item.id, item.name);
    if (!result || !decoded) {
      throw new DetectorError('image', 'annotated PNG', 'expected an image with detections, there is none');
    }
    const { bitmap } = await decoded;
    return drawDetections(bitmap, result, currentNames(state), { ...options(), hidden: state.hiddenClasses });
  };

  const table = (format: TableFormat, scope: ExportScope): string => {
    const { device, model } = store.getState();
    const shown = entries(scope);
    const named = { model: shown[0]?.detections.model ?? model?.id ?? '', adapter: device?.adapter ?? '' };
    return ports.writeTable(format, shown, { ...options(), ...named });
  };

  const fileName = (format: ExportFormat, scope: ExportScope): string => {
    const name = scope === 'all' ? 'detections' : (currentItem(store.getState())?.name ?? 'detections');
    return `${name.replace(/^.*\//, '').replace(/\.\w+$/, '')}${TYPES[format].ending}`;
  };

  const reporting = async (subject: string, work: () => Promise<void>): Promise<void> => {
    try {
      await work();
    } catch (thrown) {
      store.getState().notify({ kind: 'fault', error: toAppError(thrown, subject) });
    }
  };

  return {
    save: (format, scope) =>
      reporting('save', async () => {
        const name = fileName(format, scope);
        const blob = format === 'png' ? await png() : new Blob([table(format, scope)], { type: TYPES[format].type });
        offerFile(blob, name);
        store.getState().notify({ kind: 'saved', what: name });
      }),
    copy: (format, scope) =>
      reporting('clipboard', async () => {
        const name = fileName(format, scope);
        if (format === 'png') await navigator.clipboard.write([new ClipboardItem({ 'image/png': png() })]);
        else await navigator.clipboard.writeText(table(format, scope));
        store.getState().notify({ kind: 'copied', what: name });
      }),
  };
}
