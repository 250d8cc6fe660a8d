/** config.json: a JSON object, and the class names in it. */
import { DetectorError } from '../lib/errors';
import { isObject, parseJsonObject } from './json';

export type Config = Record<string, unknown>;

/** @throws DetectorError `checkpoint` with line and column */
export function readConfig(text: string, file: string): Config {
  return parseJsonObject(text, file, 'checkpoint');
}

/** Gaps as text: "3, 7 and 2 more". */
function some(numbers: readonly number[]): string {
  const more = numbers.length - 5;
  return numbers.slice(0, 5).join(', ') + (more > 0 ? ` and ${more} more` : '');
}

function fromId2Label(labels: Record<string, unknown>, file: string): string[] {
  const fail = (message: string): never => {
    throw new DetectorError('checkpoint', file, `id2label: ${message}`);
  };
  const ids = Object.keys(labels).map((key) =>
    /^(0|[1-9]\d{0,6})$/.test(key) ? Number(key) : fail(`expected class numbers as keys, got "${key}"`),
  );
  if (ids.length === 0) return fail('expected at least one class, got none');
  const present = new Set(ids);
  const highest = Math.max(...ids);
  const gaps = [...Array(highest + 1).keys()].filter((id) => !present.has(id));
  if (gaps.length > 0) return fail(`expected classes 0 to ${highest} without gaps, missing ${some(gaps)}`);
  return Array.from({ length: highest + 1 }, (_, id) => {
    const name = labels[id];
    return typeof name === 'string' ? name : fail(`expected a name for class ${id}, got ${JSON.stringify(name)}`);
  });
}

/**
 * The class names in the order of the model's outputs: `id2label`, else "class 0", … for `num_labels` of them.
 * @throws DetectorError `checkpoint` for gaps, names that are no texts, or neither setting
 */
export function labelsOf(config: Config, file = 'config.json'): string[] {
  const { id2label, num_labels: count } = config;
  if (isObject(id2label)) return fromId2Label(id2label, file);
  if (id2label !== undefined && id2label !== null) {
    throw new DetectorError(
      'checkpoint',
      file,
      `id2label: expected an object, got ${JSON.stringify(id2label).slice(0, 40)}`,
    );
  }
  if (typeof count === 'number' && Number.isSafeInteger(count) && count > 0) {
    return Array.from({ length: count }, (_, id) => `class ${id}`);
  }
  const got = count === undefined ? 'neither' : `num_labels ${JSON.stringify(count)}`;
  throw new DetectorError(
    'checkpoint',
    file,
    `expected id2label (class names) or num_labels (their number), got ${got}`,
  );
}
