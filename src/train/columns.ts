/**
 * The queries of a layer of which the policy's loss is computed: with credit for each query those that earn something, and for the
 * KL to the start some more, drawn at random, or all.
 *
 * R rollouts of all images, K decoder layers, E sampled queries, A columns.
 */
import { seededRandom, type Random } from '../lib/random';
import type { TrainSettings } from '../lib/train-settings';
import { activeQueries, type ActiveQueries } from '../models/episode';

/** Some of a layer's columns A. */
export interface Columns {
  from: number;
  count: number;
}

export interface LayerColumns {
  active: ActiveQueries;
  /** Where the KL to the start is taken; null without one. */
  kl: Columns | null;
}

/** Of the advantages [R,K,E]. */
export interface AdvantageSize {
  rows: number;
  layers: number;
  queries: number;
}

export interface ColumnRules {
  settings: TrainSettings;
  /** Whether there is a KL to the start. */
  toStart: boolean;
  /** Columns for queries that earn something, at least; more where a row has more. */
  least?: number;
}

/** All queries of every row, with their advantages. @param advantages [R,K,E] packed */
function allQueries(advantages: Float32Array, { rows, layers, queries }: AdvantageSize, layer: number): ActiveQueries {
  const values = new Float32Array(rows * queries);
  for (let row = 0; row < rows; row++) {
    const start = (row * layers + layer) * queries;
    values.set(advantages.subarray(start, start + queries), row * queries);
  }
  return { count: queries, queries: Int32Array.from(values, (_, at) => at % queries), values };
}

/** `extra` different numbers below `queries`, every choice as likely as any other. */
function drawn(random: Random, queries: number, extra: number): number[] {
  const order = Array.from({ length: queries }, (_, q) => q);
  for (let at = 0; at < extra; at++) {
    const other = at + Math.floor(random() * (queries - at));
    [order[at], order[other]] = [order[other]!, order[at]!];
  }
  return order.slice(0, extra);
}

/** Every row's queries, and behind them some drawn at random that earn nothing here. */
function withDrawn(
  { count, queries, values }: ActiveQueries,
  all: number,
  extra: number,
  random: Random,
): ActiveQueries {
  const rows = queries.length / count;
  const wider = { count: count + extra, queries: new Int32Array(rows * (count + extra)) };
  const more = new Float32Array(rows * wider.count);
  for (let row = 0; row < rows; row++) {
    wider.queries.set(queries.subarray(row * count, (row + 1) * count), row * wider.count);
    wider.queries.set(drawn(random, all, extra), row * wider.count + count);
    more.set(values.subarray(row * count, (row + 1) * count), row * wider.count);
  }
  return { ...wider, values: more };
}

/** Whether the KL to the start is taken over every sampled query. */
const overAll = ({ settings: { refQueries }, toStart }: ColumnRules, queries: number): boolean =>
  toStart && (refQueries === 0 || refQueries >= queries);

/** Whether every sampled query is computed, whatever it earns. */
const wholeRows = (rules: ColumnRules, queries: number): boolean =>
  rules.settings.credit === 'image' || overAll(rules, queries);

/**
 * How many columns a layer has, and which of them are for the KL.
 * @param queries E
 * @param earning columns for queries that earn something, where not all queries are computed
 */
export function layoutOf(rules: ColumnRules, queries: number, earning: number): { count: number; kl: Columns | null } {
  const own = wholeRows(rules, queries) ? queries : earning;
  if (!rules.toStart) return { count: own, kl: null };
  if (overAll(rules, queries)) return { count: own, kl: { from: 0, count: queries } };
  const { refQueries } = rules.settings;
  return { count: own + refQueries, kl: { from: own, count: refQueries } };
}

/**
 * @param advantages [R,K,E] packed
 * @param step 1, 2, …; with the settings' seed it decides what is drawn
 */
export function columnsOf(
  advantages: Float32Array,
  size: AdvantageSize,
  layer: number,
  rules: ColumnRules,
  step: number,
): LayerColumns {
  const { queries } = size;
  const earning = wholeRows(rules, queries)
    ? allQueries(advantages, size, layer)
    : activeQueries(advantages, size, layer, rules.least);
  const { count, kl } = layoutOf(rules, queries, earning.count);
  if (count === earning.count) return { active: earning, kl };
  const random = seededRandom(rules.settings.seed, 'kl', step, layer);
  return { active: withDrawn(earning, queries, count - earning.count, random), kl };
}
