import { describe, expect, it } from 'vitest';
import type { AppError } from '../lib/errors';
import type { Result } from '../lib/result';
import { twoQueries } from '../lib/testing/detections';
import type { EvaluationResult } from '../lib/types';
import { createCompareStore } from '../state/compare';
import { createLabelStore } from '../state/labels';
import { Pictures } from '../state/pictures';
import type { HereSource, SecondDetections } from '../workers/protocol';
import { createCompare } from './compare';
import { addImage, freshStore, modelInfo } from './testing/fakes';

const A: HereSource = { kind: 'cached', id: 'a' };
const B: HereSource = { kind: 'run', id: 'b', weights: 'best' };
const LOST: AppError = { code: 'device', subject: 'GPU', message: 'was lost' };
const CANCELLED: AppError = { code: 'cancelled', subject: 'job', message: 'was cancelled' };

interface Call<T> {
  what: string;
  job: string;
  answer(result: Result<T>): void;
}

const settled = (): Promise<void> => new Promise((done) => setTimeout(done, 0));

function fixture() {
  const store = freshStore();
  const [compare, labels] = [createCompareStore(), createLabelStore()];
  const pictures = new Pictures(() => Promise.reject(new Error('nobody looks at pictures here')));
  const detections: Call<SecondDetections>[] = [];
  const evaluations: (Call<EvaluationResult> & { annotations: string; names: string[] })[] = [];
  const cancelled: string[] = [];
  let ended = 0;
  const keyOf = (source: HereSource | undefined): string => (source && 'id' in source ? source.id : 'current');
  const commands = createCompare({
    store,
    compare,
    labels,
    pictures,
    client: {
      detectWith: (source, _image, name, job) =>
        new Promise((answer) => void detections.push({ what: `${keyOf(source)}/${name}`, job, answer })),
      evaluate: (annotations, files, { model }, job) =>
        new Promise((answer) => {
          evaluations.push({ what: keyOf(model), job, answer, annotations, names: files.map(({ name }) => name) });
        }),
      endSecond: async () => {
        ended++;
        return { ok: true, value: undefined };
      },
      cancel: async (job) => {
        cancelled.push(job);
        for (const call of [...detections, ...evaluations]) {
          if (call.job === job) call.answer({ ok: false, error: CANCELLED });
        }
      },
    },
  });
  addImage(store, pictures, 'one');
  addImage(store, pictures, 'two');
  store.getState().setModel('job', modelInfo('current'));
  const found = (id: string): Result<SecondDetections> => ({
    ok: true,
    value: { model: modelInfo(id), detections: twoQueries() },
  });
  return { store, compare, labels, commands, detections, evaluations, cancelled, found, ended: () => ended };
}

function labelled() {
  const all = fixture();
  const { labels, store } = all;
  const cat = labels.getState().addClass('Cat')!;
  for (const { id } of store.getState().images) {
    store.getState().setImageSize(id, 100, 50);
    labels.getState().addBox(id, [10, 10, 30, 20], cat);
  }
  labels.getState().setSplits({ one: 'train', two: 'val' });
  return all;
}

const measured: EvaluationResult = {
  model: 'm',
  adapter: 'x',
  images: 2,
  ms: { decode: 1, resize: 1, model: 1, post: 1 },
  layers: [],
  failures: [],
};

describe('a comparison', () => {
  it('asks for nothing until it is open and has a second model', () => {
    const { commands, compare, detections } = fixture();
    commands.compareWith(A);
    expect(detections).toEqual([]);
    commands.openCompare();
    expect(detections.map(({ what }) => what)).toEqual(['a/one.jpg']);
    expect(compare.getState().detecting).toBe('one');
  });

  it('keeps what was found and goes on with the image that is looked at', async () => {
    const { commands, compare, store, detections, found } = fixture();
    commands.openCompare();
    commands.compareWith(A);
    detections[0]!.answer(found('a'));
    await settled();
    expect(compare.getState().model?.id).toBe('a');
    expect(compare.getState().detecting).toBeNull();
    store.getState().showImage('two');
    detections[1]!.answer(found('a'));
    await settled();
    store.getState().showImage('one');
    expect(detections.map(({ what }) => what)).toEqual(['a/one.jpg', 'a/two.jpg']);
    expect(Object.keys(compare.getState().results)).toEqual(['one', 'two']);
  });

  it('cancels what nobody waits for, and another model forgets the results of the one before', async () => {
    const { commands, compare, store, detections, cancelled, found, ended } = fixture();
    commands.openCompare();
    commands.compareWith(A);
    store.getState().showImage('two');
    expect(cancelled).toEqual([detections[0]!.job]);
    detections[1]!.answer(found('a'));
    await settled();
    commands.compareWith(B);
    expect(compare.getState()).toMatchObject({ model: null, results: {}, detecting: 'two' });
    expect(ended()).toBe(1);
    detections[2]!.answer(found('b'));
    await settled();
    expect(compare.getState().model?.id).toBe('b');
  });

  it('tells once why an image has no result', async () => {
    const { commands, compare, store, detections } = fixture();
    commands.openCompare();
    commands.compareWith(A);
    detections[0]!.answer({ ok: false, error: LOST });
    await settled();
    expect(compare.getState().failure).toEqual({ image: 'one', error: LOST });
    store.getState().setModel('job', modelInfo('other'));
    expect(detections).toHaveLength(1);
  });

  it('is over, and the second model freed, when a panel or labelling is asked for', () => {
    const { commands, compare, store, labels, detections, cancelled, ended } = fixture();
    commands.compareWith(A);
    commands.openCompare();
    store.getState().setSidePanel('device');
    expect(compare.getState()).toMatchObject({ open: false, source: A, detecting: null });
    expect(cancelled).toEqual([detections[0]!.job]);
    expect(ended()).toBe(1);
    commands.openCompare();
    labels.getState().setMode('label');
    expect(compare.getState().open).toBe(false);
  });
});

describe('measuring on labels', () => {
  it('measures both models on all labelled images, one after the other', async () => {
    const { commands, compare, evaluations } = labelled();
    commands.openCompare();
    commands.compareWith(A);
    commands.measureCompared();
    expect(compare.getState().measure).toMatchObject({ state: 'running', side: 'left' });
    evaluations[0]!.answer({ ok: true, value: measured });
    await settled();
    expect(compare.getState().measure).toMatchObject({ state: 'running', side: 'right' });
    evaluations[1]!.answer({ ok: false, error: LOST });
    await settled();
    expect(compare.getState().measure).toEqual({ state: 'done', part: 'all', sides: { left: measured, right: LOST } });
    expect(evaluations.map(({ what }) => what)).toEqual(['current', 'a']);
    const { images, annotations, categories } = JSON.parse(evaluations[0]!.annotations);
    expect(evaluations[0]!.names).toEqual(['1-one.jpg', '2-two.jpg']);
    expect(images.map((image: { file_name: string }) => image.file_name)).toEqual(evaluations[0]!.names);
    expect(categories).toEqual([{ id: 1, name: 'Cat' }]);
    expect(annotations[1]).toEqual({ id: 2, image_id: 2, category_id: 1, bbox: [10, 10, 20, 10], iscrowd: 0 });
  });

  it('measures on held-out images alone where that is asked for', () => {
    const { commands, compare, evaluations } = labelled();
    commands.openCompare();
    commands.compareWith(A);
    compare.getState().setPart('val');
    commands.measureCompared();
    expect(evaluations[0]!.names).toEqual(['1-two.jpg']);
  });

  it('can be cancelled, and another model on either side takes the figures away', async () => {
    const { commands, compare, store, evaluations } = labelled();
    commands.openCompare();
    commands.compareWith(A);
    commands.measureCompared();
    commands.cancelMeasure();
    await settled();
    expect(compare.getState().measure).toEqual({ state: 'none' });
    commands.measureCompared();
    store.getState().setModel('job', modelInfo('other'));
    await settled();
    expect(compare.getState().measure).toEqual({ state: 'none' });
    expect(evaluations).toHaveLength(2);
  });

  it('says so where nothing is labelled', async () => {
    const { commands, compare } = fixture();
    commands.openCompare();
    commands.compareWith(A);
    commands.measureCompared();
    await settled();
    expect(compare.getState().measure).toMatchObject({ state: 'done', sides: { left: { code: 'annotations' } } });
  });
});
