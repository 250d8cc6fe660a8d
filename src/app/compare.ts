/** Runs a comparison: the current image through the second model, and both models over the labelled images. */
import type { Side } from '../lib/compare-models';
import { DetectorError, toAppError, type AppError } from '../lib/errors';
import { attempt } from '../lib/result';
import type { EvaluationResult } from '../lib/types';
import type { CompareCommands } from '../state/commands';
import type { CompareStore } from '../state/compare';
import type { LabelStore } from '../state/labels';
import type { Pictures } from '../state/pictures';
import type { AppStore } from '../state/store';
import type { DetectorClient } from '../workers/client';
import type { HereSource } from '../workers/protocol';
import { measuredSet, type MeasuredSet } from './compare-labels';
import { newId } from './ids';

interface CompareParts {
  store: AppStore;
  compare: CompareStore;
  labels: LabelStore;
  pictures: Pick<Pictures, 'blob'>;
  client: Pick<DetectorClient, 'detectWith' | 'endSecond' | 'evaluate' | 'cancel'>;
}

/** What the second model is to do now. */
interface Target {
  source: HereSource;
  image: string;
  name: string;
  blob: Blob;
}

function nextTarget({ store, compare, pictures }: CompareParts): Target | null {
  const { open, source, results, failure } = compare.getState();
  const { currentImage, images, model } = store.getState();
  const item = images.find(({ id }) => id === currentImage);
  // An image that neither model can read is told of once.
  if (!open || !source || !model || !item || results[item.id] || failure?.image === item.id) return null;
  const blob = pictures.blob(item.id);
  return blob ? { source, image: item.id, name: item.name, blob } : null;
}

/** One image at a time; another image or model cancels what is under way. */
function followImages(parts: CompareParts): void {
  const { store, compare, client } = parts;
  let running: { target: Target; job: string } | null = null;

  const detect = async (target: Target): Promise<void> => {
    const job = newId('compare');
    running = { target, job };
    compare.getState().startDetecting(target.image);
    // The call itself fails only when the worker is gone.
    const answer = await client
      .detectWith(target.source, target.blob, target.name, job)
      .catch((thrown: unknown) => ({ ok: false as const, error: toAppError(thrown, target.name) }));
    // Something else is under way by now.
    if (running?.job !== job) return;
    running = null;
    if (answer.ok) compare.getState().setSecond(target.image, answer.value);
    else if (answer.error.code === 'cancelled') compare.getState().stopDetecting();
    else compare.getState().failDetecting(target.image, answer.error);
  };

  const wake = (): void => {
    const target = nextTarget(parts);
    if (running && target?.image === running.target.image && target.source === running.target.source) return;
    if (running) {
      void client.cancel(running.job);
      running = null;
    }
    if (target) void detect(target);
    else if (compare.getState().detecting !== null) compare.getState().stopDetecting();
  };

  compare.subscribe((state, before) => {
    if (state.open !== before.open || state.source !== before.source || state.results !== before.results) wake();
    if (before.open && before.source && (!state.open || state.source !== before.source)) void client.endSecond();
  });
  store.subscribe((state, before) => {
    if (state.currentImage !== before.currentImage || state.model !== before.model) wake();
  });
}

const NO_LABELS = new DetectorError(
  'annotations',
  'labels',
  'expected labelled images to measure on, there are none',
  'Draw a box, or mark an image as complete.',
).detail;

function createMeasure({ store, compare, labels, pictures, client }: CompareParts): () => Promise<void> {
  /** Null: cancelled, another model was chosen, or the comparison is over. */
  const measureSide = async (
    side: Side,
    set: MeasuredSet,
    job: string,
  ): Promise<EvaluationResult | AppError | null> => {
    compare.getState().setMeasure({ state: 'running', job, side, progress: null });
    const { source } = compare.getState();
    const options = side === 'right' && source ? { model: source } : {};
    const answer = await attempt('evaluation', () =>
      client.evaluate(set.annotations, set.files, options, job, (progress) =>
        compare.getState().setMeasureProgress(job, progress),
      ),
    );
    const result = answer.ok ? answer.value : answer;
    const { measure } = compare.getState();
    if (measure.state !== 'running' || measure.job !== job) return null;
    if (result.ok) return result.value;
    if (result.error.code !== 'cancelled') return result.error;
    compare.getState().setMeasure({ state: 'none' });
    return null;
  };

  return async () => {
    const { part, setMeasure } = compare.getState();
    const set = measuredSet(labels.getState(), store.getState().images, (id) => pictures.blob(id), part);
    if (set.files.length === 0)
      return setMeasure({ state: 'done', part, sides: { left: NO_LABELS, right: NO_LABELS } });
    const job = newId('measure');
    const left = await measureSide('left', set, job);
    const right = left && (await measureSide('right', set, job));
    if (left && right) setMeasure({ state: 'done', part, sides: { left, right } });
  };
}

export function createCompare(parts: CompareParts): CompareCommands {
  const { store, compare, labels, client } = parts;
  followImages(parts);
  const measure = createMeasure(parts);
  const cancelMeasure = (): void => {
    const { measure: now } = compare.getState();
    if (now.state === 'running') void client.cancel(now.job);
  };
  const close = (): void => {
    if (!compare.getState().open) return;
    cancelMeasure();
    compare.getState().setOpen(false);
  };
  // Whoever asks for a panel or for labelling looks at the page again.
  store.subscribe((state, before) => {
    if (state.sidePanel !== before.sidePanel) close();
    // What was measured of the left side was another model.
    if (state.model !== before.model && compare.getState().measure.state !== 'none') {
      cancelMeasure();
      compare.getState().setMeasure({ state: 'none' });
    }
  });
  labels.subscribe((state, before) => {
    if (state.mode !== before.mode) close();
  });
  return {
    openCompare: () => compare.getState().setOpen(true),
    closeCompare: close,
    compareWith: (source) => {
      cancelMeasure();
      compare.getState().choose(source);
    },
    measureCompared: () => void measure(),
    cancelMeasure,
  };
}
