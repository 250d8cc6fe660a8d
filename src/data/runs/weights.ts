/**
 * Tensors of a run by name, float32, in safetensors files that also say their step. The state (weights and optimiser) has two
 * files that take turns: a crash while one is written leaves the other.
 */
import { DetectorError, type AppError } from '../../lib/errors';
import { findFile, type Directory, type OpenRoot } from '../directory';
import { isObject } from '../json';
import { readSafetensors, writeSafetensors } from '../safetensors';
import { BEST, findReplaced, inRun, replaceFile, SLOTS, STATE, writeWhole } from './folder';

export interface RunTensor {
  readonly shape: readonly number[];
  /** Row-major. From a file it is a view: to be read only. */
  readonly data: Float32Array<ArrayBuffer>;
}

export interface SavedTensors {
  readonly step: number;
  readonly tensors: ReadonlyMap<string, RunTensor>;
  /** What was saved with them. */
  readonly notes: Readonly<Record<string, string>>;
}

type Slot = (typeof SLOTS)[number];

const NO_NUMBER = /^(?!\d+$)/;

function pack({ step, tensors, notes }: SavedTensors): Uint8Array<ArrayBuffer> {
  const data = new Map([...tensors].map(([name, { shape, data }]) => [name, { dtype: 'F32' as const, shape, data }]));
  return writeSafetensors(data, { ...notes, step: String(step) });
}

/** @throws DetectorError `checkpoint` for a file that is not whole */
async function unpack(file: Blob, name: string): Promise<SavedTensors> {
  const read = readSafetensors(await file.arrayBuffer(), name);
  const { step = '', ...notes } = read.metadata;
  if (NO_NUMBER.test(step))
    throw new DetectorError('checkpoint', name, `expected the step in its metadata, got ${JSON.stringify(step)}`);
  const tensors = new Map(
    read.names.map((tensor) => [tensor, { shape: read.shape(tensor), data: read.float32(tensor) }]),
  );
  return { step: Number(step), tensors, notes };
}

/** The file that counts, as state.json says; null where it says nothing. */
async function currentSlot(folder: Directory): Promise<Slot | null> {
  const file = await findReplaced(folder, STATE);
  try {
    const json: unknown = file && JSON.parse(await file.text());
    return SLOTS.find((slot) => isObject(json) && json.file === slot) ?? null;
  } catch {
    return null;
  }
}

const pointAt = (folder: Directory, file: Slot, step: number): Promise<void> =>
  replaceFile(folder, STATE, JSON.stringify({ file, step }));

/**
 * Saves weights and optimiser. Until it is done the state before is the one that counts.
 * @param notes more to remember, as texts; `step` is taken
 */
export function saveState(
  id: string,
  step: number,
  tensors: ReadonlyMap<string, RunTensor>,
  notes: Readonly<Record<string, string>>,
  open: OpenRoot,
): Promise<void> {
  return inRun(id, open, async (folder) => {
    const slot = (await currentSlot(folder)) === SLOTS[0] ? SLOTS[1] : SLOTS[0];
    await writeWhole(folder, slot, pack({ step, tensors, notes }));
    await pointAt(folder, slot, step);
  });
}

/** The state that counts; where its file is damaged, the one before. Null where none was saved. */
export function loadState(id: string, open: OpenRoot): Promise<SavedTensors | null> {
  return inRun(id, open, async (folder) => {
    const current = await currentSlot(folder);
    if (!current) return null;
    const faults: AppError[] = [];
    for (const slot of [current, ...SLOTS.filter((each) => each !== current)]) {
      const file = await findFile(folder, slot);
      try {
        const saved = file && (await unpack(file, `${id}/${slot}`));
        if (!saved) continue;
        // The next one is written over the damaged file then, not over the good one.
        if (slot !== current) await pointAt(folder, slot, saved.step);
        return saved;
      } catch (thrown) {
        if (!(thrown instanceof DetectorError)) throw thrown;
        faults.push(thrown.detail);
      }
    }
    const why = faults.map(({ subject, message }) => `${subject} ${message}`).join('; ') || 'its files are gone';
    throw new DetectorError('storage', id, `expected its saved state, got none that can be read: ${why}`);
  });
}

/** Keeps the weights that were best so far, in place of those before. */
export function saveBest(
  id: string,
  step: number,
  tensors: ReadonlyMap<string, RunTensor>,
  open: OpenRoot,
): Promise<void> {
  return inRun(id, open, (folder) => replaceFile(folder, BEST, pack({ step, tensors, notes: {} })));
}

/** Null where none were kept. @throws DetectorError `checkpoint` where the file is damaged */
export function loadBest(id: string, open: OpenRoot): Promise<SavedTensors | null> {
  return inRun(id, open, async (folder) => {
    const file = await findReplaced(folder, BEST);
    return file && unpack(file, `${id}/${BEST}`);
  });
}
