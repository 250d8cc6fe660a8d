/**
 * Checkpoints in the hub's layout: config.json, model.safetensors, perhaps preprocessor_config.json and further weights.
 * From here: those built into the app and dropped files. The hub is in hub.ts, what the browser keeps in store.ts.
 */
import { DetectorError, type AppError } from '../lib/errors';
import type { RunWeights } from '../lib/training';
import type { ModelEntry, Progress } from '../lib/types';
import { readConfig, type Config } from './config-file';
import { fetchBytes, type Fetch } from './fetching';
import { floatKeys } from './json';
import { readSafetensors, type Safetensors } from './safetensors';

export const CONFIG = 'config.json';
export const WEIGHTS = 'model.safetensors';
export const PREPROCESSOR = 'preprocessor_config.json';
/** Weights that some models have beside their own. */
export const EXTRA = ['backbone.safetensors', 'policy.safetensors'] as const;

export interface Checkpoint {
  readonly id: string;
  readonly name: string;
  readonly source: ModelEntry['source'];
  readonly config: Config;
  readonly preprocessor?: Config;
  /** Keys of both whose numbers are floats, also where they are whole: transformers refuses 1 where a setting was 1.0. */
  readonly floats: ReadonlySet<string>;
  readonly weights: Safetensors;
  /** By file name, for example backbone.safetensors. */
  readonly extra: ReadonlyMap<string, Safetensors>;
  /** Of all files together. */
  readonly bytes: number;
  /** Of model.safetensors, hex. */
  readonly sha256?: string;
  readonly licence?: string;
  /** Why it is not kept in the browser although it should be; it works for this visit. */
  readonly notKept?: AppError;
  /** The run that made it. */
  readonly run?: { readonly id: string; readonly weights: RunWeights };
}

/** What a checkpoint is made of: files by name, and what is known about them. */
export interface CheckpointParts {
  readonly id: string;
  readonly name: string;
  readonly source: ModelEntry['source'];
  readonly files: ReadonlyMap<string, ArrayBuffer>;
  readonly sha256?: string | undefined;
  readonly licence?: string | undefined;
  readonly notKept?: AppError | undefined;
}

export type OnProgress = (progress: Progress) => void;

function textOf({ files }: CheckpointParts, file: string): string | undefined {
  const bytes = files.get(file);
  return bytes && new TextDecoder().decode(bytes);
}

function readJsonFile(parts: CheckpointParts, file: string): Config | undefined {
  const text = textOf(parts, file);
  return text === undefined ? undefined : readConfig(text, `${parts.name}/${file}`);
}

/**
 * Reads the files of a checkpoint.
 * @throws DetectorError `checkpoint` naming the file that is missing or broken
 */
export function assembleCheckpoint(parts: CheckpointParts): Checkpoint {
  const { id, name, source, files, sha256, notKept } = parts;
  const config = readJsonFile(parts, CONFIG);
  const bytes = files.get(WEIGHTS);
  if (!config || !bytes)
    throw new DetectorError(
      'checkpoint',
      name,
      `expected ${CONFIG} and ${WEIGHTS}, got ${[...files.keys()].join(', ')}`,
    );
  const preprocessor = readJsonFile(parts, PREPROCESSOR);
  const floats = new Set([CONFIG, PREPROCESSOR].flatMap((file) => [...floatKeys(textOf(parts, file) ?? '')]));
  const weights = readSafetensors(bytes, `${name}/${WEIGHTS}`);
  const extra = new Map<string, Safetensors>();
  for (const file of EXTRA) {
    const more = files.get(file);
    if (more) extra.set(file, readSafetensors(more, `${name}/${file}`));
  }
  const licence = parts.licence ?? weights.metadata.licence ?? weights.metadata.license;
  const all = [...files.values()].reduce((sum, { byteLength }) => sum + byteLength, 0);
  return {
    ...{ id, name, source, config, floats, weights, extra, bytes: all },
    ...(preprocessor && { preprocessor }),
    ...(sha256 !== undefined && { sha256 }),
    ...(licence !== undefined && { licence }),
    ...(notKept && { notKept }),
  };
}

interface EmbeddedCheckpoint {
  readonly id: string;
  readonly name: string;
  readonly licence: string;
  /** Of all its files together. */
  readonly bytes: number;
  readonly files: readonly string[];
}

/** The checkpoints built into the app, under models/<id>/ beside its page. */
export const EMBEDDED: readonly EmbeddedCheckpoint[] = [
  {
    id: 'stepdetr_s',
    name: 'StepDETR-S',
    licence: 'Apache-2.0',
    bytes: 6_977_564,
    files: [CONFIG, PREPROCESSOR, WEIGHTS, 'backbone.safetensors'],
  },
];

export function listEmbedded(): ModelEntry[] {
  return EMBEDDED.map(({ id, name, licence, bytes }) => ({ id, name, source: 'embedded', bytes, licence }));
}

/** The app's own address with a slash at its end. */
const folderUrl = (baseUrl: string, id: string): string => `${baseUrl.replace(/\/*$/, '/')}models/${id}/`;

/**
 * Loads a checkpoint that is built into the app. `baseUrl` is the app's address, absolute in a worker.
 * @throws DetectorError `checkpoint` for an unknown id, `network` where a file cannot be had, `cancelled`
 */
export async function openEmbedded(
  id: string,
  baseUrl: string,
  onProgress: OnProgress,
  signal: AbortSignal,
  fetchFile: Fetch = fetch,
): Promise<Checkpoint> {
  const entry = EMBEDDED.find((embedded) => embedded.id === id);
  if (!entry) {
    const known = EMBEDDED.map((embedded) => embedded.id).join(', ');
    throw new DetectorError('checkpoint', id, `expected one of the models built into the app (${known})`);
  }
  const { name, licence } = entry;
  const counts = entry.files.map(() => ({ done: 0, total: 0 }));
  const report = (): void => {
    const done = counts.reduce((sum, count) => sum + count.done, 0);
    const total = counts.every((count) => count.total > 0) ? counts.reduce((sum, count) => sum + count.total, 0) : 0;
    onProgress({ stage: 'download', done, total, unit: 'bytes', subject: name });
  };
  const load = async (file: string, index: number): Promise<[string, ArrayBuffer]> => {
    const onBytes = (done: number, total: number): void => {
      counts[index] = { done, total };
      report();
    };
    return [
      file,
      await fetchBytes(folderUrl(baseUrl, id) + file, { subject: `${name}/${file}`, fetchFile, signal, onBytes }),
    ];
  };
  const files = new Map(await Promise.all(entry.files.map(load)));
  return assembleCheckpoint({ id, name, source: 'embedded', files, licence });
}
