/** Dropped files and folders as checkpoints: which files belong to one, and what is said about those that do not. */
import { DetectorError } from '../lib/errors';
import { assembleCheckpoint, CONFIG, EMBEDDED, EXTRA, PREPROCESSOR, WEIGHTS, type Checkpoint } from './checkpoint';

const HOW_TO_CONVERT =
  'In Python: AutoModelForObjectDetection.from_pretrained("…").save_pretrained("folder", safe_serialization=True, max_shard_size="50GB").';
const SHARD = /-\d{5}-of-\d{5}\.safetensors$/;
const PICKLE = /\.(bin|pth|pt|ckpt|h5|msgpack)$/;

/** Why a set of files has no weights that can be read, as the error to throw. */
export function noWeights(subject: string, names: readonly string[]): DetectorError {
  const sharded = names.find((name) => name.endsWith('.safetensors.index.json') || SHARD.test(name));
  if (sharded) {
    const message = `its weights are in several files (${sharded}), expected one ${WEIGHTS}`;
    return new DetectorError('unsupported', subject, message, `Save it in one piece. ${HOW_TO_CONVERT}`);
  }
  const pickle = names.find((name) => PICKLE.test(name));
  if (pickle) {
    const message = `its weights are in ${pickle}, expected ${WEIGHTS}`;
    return new DetectorError('unsupported', subject, message, `Save it as safetensors. ${HOW_TO_CONVERT}`);
  }
  const got = names.length > 0 ? `got ${names.slice(0, 8).join(', ')}${names.length > 8 ? ' …' : ''}` : 'got no files';
  return new DetectorError('checkpoint', subject, `expected ${WEIGHTS}, ${got}`);
}

const pathOf = (file: File): string => file.webkitRelativePath || file.name;

/** The one file of that name, undefined where there is none. */
function single(files: readonly File[], name: string, subject: string): File | undefined {
  const found = files.filter((file) => file.name === name);
  if (found.length > 1) {
    throw new DetectorError(
      'checkpoint',
      subject,
      `expected one ${name}, got ${found.map(pathOf).join(' and ')}`,
      'Drop one checkpoint folder at a time.',
    );
  }
  return found[0];
}

function findWeights(files: readonly File[], subject: string): File {
  const named = single(files, WEIGHTS, subject);
  if (named) return named;
  const others = files.filter(
    ({ name }) => name.endsWith('.safetensors') && !SHARD.test(name) && !EXTRA.some((extra) => extra === name),
  );
  if (others.length > 1) {
    const got = others.map(pathOf).join(' and ');
    throw new DetectorError(
      'checkpoint',
      subject,
      `expected one file of weights, got ${got}`,
      `Name the right one ${WEIGHTS}.`,
    );
  }
  if (!others[0] || files.some(({ name }) => SHARD.test(name)))
    throw noWeights(
      subject,
      files.map(({ name }) => name),
    );
  return others[0];
}

/**
 * The files of a checkpoint by their names in the hub's layout; others are left out. A single *.safetensors of another
 * name serves as the weights.
 * @throws DetectorError `checkpoint` for a missing or doubled file, `unsupported` for other formats of weights
 */
export function pickFiles(name: string, files: readonly File[]): Map<string, File> {
  const weights = findWeights(files, name);
  const config = single(files, CONFIG, name);
  if (!config) {
    const got = files.map((file) => file.name).join(', ');
    throw new DetectorError(
      'checkpoint',
      name,
      `expected ${CONFIG} beside ${weights.name}, got ${got}`,
      'Drop the whole folder, or both files together.',
    );
  }
  const picked = new Map([
    [CONFIG, config],
    [WEIGHTS, weights],
  ]);
  for (const file of [PREPROCESSOR, ...EXTRA]) {
    const found = single(files, file, name);
    if (found) picked.set(file, found);
  }
  return picked;
}

/** A name as a folder name: letters and digits of any script, dot, dash, underscore. Never the id of a built-in one. */
export function idOfFiles(name: string): string {
  const id = name.replace(/[^\p{L}\p{N}._-]+/gu, '-').replace(/^[.-]+|[.-]+$/g, '') || 'checkpoint';
  return EMBEDDED.some((embedded) => embedded.id === id) ? `${id}-files` : id;
}

async function readFile(file: File, subject: string): Promise<ArrayBuffer> {
  try {
    return await file.arrayBuffer();
  } catch (thrown) {
    throw new DetectorError(
      'checkpoint',
      subject,
      `could not be read: ${String(thrown)}`,
      'It may have been moved or changed: drop it again.',
    );
  }
}

/**
 * Opens a dropped folder or loose files.
 * @throws DetectorError as `pickFiles`, and `checkpoint` for what cannot be read
 */
export async function openFiles(name: string, files: readonly File[]): Promise<Checkpoint> {
  const read = new Map<string, ArrayBuffer>();
  for (const [file, source] of pickFiles(name, files)) read.set(file, await readFile(source, `${name}/${file}`));
  return assembleCheckpoint({ id: idOfFiles(name), name, source: 'files', files: read });
}
