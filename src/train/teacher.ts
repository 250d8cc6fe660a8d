/**
 * What a loaded model says of a view, as the targets of a distillation.
 *
 * Q queries of the teacher, N memory tokens, C class columns of the student.
 */
import * as tf from '@tensorflow/tfjs-core';
import { DetectorError } from '../lib/errors';
import { objectColumns, scoresOf } from '../lib/set-prediction';
import type { Detector, Memory, Trace } from '../models/detector';
import { inputOf } from '../models/input';
import type { Taught } from './batch';
import { keepMemory } from './memories';
import { readPredictions } from './predictions';
import type { Teach } from './views';

/** The teacher's predictions count from this score: below it they are mostly wrong, and soft scores carry the doubt. */
const LEAST_SCORE = 0.1;

const plain = (name: string): string => name.trim().toLowerCase();

/**
 * The teacher's column of each of the student's classes, by name.
 * @throws DetectorError `unsupported` when they share none
 */
export function sharedColumns(student: readonly string[], teacher: readonly string[]): (number | undefined)[] {
  const at = new Map(teacher.map((name, column) => [plain(name), column]));
  const columns = student.map((name) => at.get(plain(name)));
  if (columns.some((column) => column !== undefined)) return columns;
  throw new DetectorError(
    'unsupported',
    'distillation',
    `expected a teacher that knows one of the classes (${student.slice(0, 5).join(', ')}), got ${teacher.slice(0, 5).join(', ')}`,
  );
}

/** [rows, C] scores of the student's columns from rows of the teacher's. */
function translated(
  scores: ArrayLike<number>,
  rows: readonly number[],
  width: number,
  columns: readonly (number | undefined)[],
): Float32Array {
  const out = new Float32Array(rows.length * columns.length);
  rows.forEach((row, r) =>
    columns.forEach((column, c) => {
      if (column !== undefined) out[r * columns.length + c] = scores[row * width + column]!;
    }),
  );
  return out;
}

/** For every token of the student's grid the teacher's token at the same place (nearest), level by level. */
export function nearestTokens(student: Memory['shapes'], teacher: Memory['shapes']): number[] {
  const tokens: number[] = [];
  let start = 0;
  student.forEach(([h, w], level) => {
    const [th, tw] = teacher[level]!;
    for (let y = 0; y < h; y++)
      for (let x = 0; x < w; x++)
        tokens.push(start + Math.floor(((y + 0.5) / h) * th) * tw + Math.floor(((x + 0.5) / w) * tw));
    start += th * tw;
  });
  return tokens;
}

export interface TeacherOptions {
  teacher: Detector;
  /** Names in the order of the student's class columns. */
  classes: readonly string[];
  /** The student's memory levels, for dense scores; null where they are not wanted. */
  shapes: Memory['shapes'] | null;
  /** Whether its memory is wanted, too. */
  memory?: boolean;
}

/** @throws DetectorError `unsupported` when teacher and student share no class */
export function createTeach({ teacher, classes, shapes, memory = false }: TeacherOptions): Teach {
  const columns = sharedColumns(classes, teacher.classes);
  const known = columns.includes(undefined)
    ? { known: Float32Array.from(columns, (column) => (column === undefined ? 0 : 1)) }
    : {};
  return async (view: ImageData): Promise<Taught> => {
    const input = inputOf(teacher.preprocessing, view);
    const trace = answerOf(teacher, input, shapes !== null);
    const last = trace.layers.at(-1)!;
    const [[prediction]] = (await readPredictions([last], teacher.scoring)) as [[Parameters<typeof scoresOf>[0]]];
    const denseLogits = trace.extras['select.logits'];
    const dense = shapes && denseLogits ? ((await denseLogits.data()) as Float32Array) : null;
    const { shapes: own } = trace.memory;
    const kept = memory ? { memory: await keepMemory(trace.memory) } : {};
    tf.dispose([
      input,
      trace.memory.tokens,
      trace.topk,
      ...trace.layers.flatMap(tensorsOf),
      ...Object.values(trace.extras),
    ]);
    const width = prediction.columns;
    const scores = scoresOf(prediction);
    const sure = Array.from({ length: prediction.queries }, (_, q) => q).filter((q) =>
      columns.some(
        (column) =>
          column !== undefined && column < objectColumns(prediction) && scores[q * width + column]! > LEAST_SCORE,
      ),
    );
    const boxes = new Float32Array(sure.length * 4);
    sure.forEach((q, at) => boxes.set(prediction.boxes.subarray(4 * q, 4 * q + 4), 4 * at));
    const taught: Taught = { boxes, scores: translated(scores, sure, width, columns), ...known, ...kept };
    if (!dense || !shapes || own.length !== shapes.length) return taught;
    const soft = dense.map((x) => 1 / (1 + Math.exp(-x)));
    return { ...taught, dense: translated(soft, nearestTokens(shapes, own), teacher.classes.length, columns) };
  };
}

/** A whole trace; its tensors are the caller's. */
function answerOf(teacher: Detector, input: tf.Tensor4D, dense: boolean): Trace {
  let trace: Trace | undefined;
  tf.tidy(() => {
    trace = teacher.decode(teacher.encode(input), { dense });
    return [trace.memory.tokens, trace.topk, ...trace.layers.flatMap(tensorsOf), ...Object.values(trace.extras)];
  });
  return trace!;
}

const tensorsOf = ({ logits, boxes, hidden }: Trace['layers'][number]): tf.Tensor[] => [logits, boxes, hidden];
