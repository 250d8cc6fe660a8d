/**
 * Checkpoints of the Hugging Face hub, by repository and revision, kept in the browser for the next visit.
 * Files: GET {endpoint}/{repo}/resolve/{revision}/{file}. Sizes, checksums and the licence, where the server has it:
 * GET {endpoint}/api/models/{repo}/revision/{revision}?blobs=true (https://huggingface.co/docs/hub/api).
 */
import { DetectorError, type AppError } from '../lib/errors';
import { HUB, readEndpoint } from '../lib/hub-address';
import {
  assembleCheckpoint,
  CONFIG,
  EXTRA,
  PREPROCESSOR,
  WEIGHTS,
  type Checkpoint,
  type OnProgress,
} from './checkpoint';
import { noWeights } from './checkpoint-files';
import { readConfig, type Config } from './config-file';
import { browserRoot, renameFile, storageError, writeBytes, type Directory, type OpenRoot } from './directory';
import { download, dropPart, partName, type Downloaded } from './download';
import { networkError, type Fetch } from './fetching';
import { readHubInfo, type HubInfo } from './hub-info';
import { findStored, modelFolder, openStored, removeManifest, writeManifest } from './store';

export interface HubOptions {
  /** The hub's address or a mirror's: https://, or http:// on this machine. */
  readonly endpoint?: string;
  /** For private and gated repositories; sent to the endpoint only. */
  readonly token?: string;
  /** Called before the weights are asked for; throws where the program cannot use such a model. */
  readonly accept?: (config: Config) => void;
  readonly fetchFile?: Fetch;
  readonly openRoot?: OpenRoot;
}

/**
 * "owner/name" of what a person typed: that, or the page's address.
 * @throws DetectorError `checkpoint`
 */
export function parseRepo(text: string): string {
  const repo = text
    .trim()
    .replace(/^(https?:\/\/)?(huggingface\.co|hf\.co)\//, '')
    .replace(/\/(tree|blob|resolve)\/.*$|\/+$/, '');
  if (/^[A-Za-z0-9][\w.-]*\/[A-Za-z0-9][\w.-]*$/.test(repo)) return repo;
  throw new DetectorError(
    'checkpoint',
    text,
    'expected a hub id of the form owner/name',
    'For example ustc-community/dfine-nano-coco.',
  );
}

export const idOfRepo = (repo: string): string => repo.replace('/', '--');

/** One visit to one repository. */
class HubVisit {
  constructor(
    private readonly repo: string,
    private readonly revision: string,
    private readonly endpoint: string,
    private readonly token: string | undefined,
    private readonly fetchFile: Fetch,
    private readonly signal: AbortSignal,
  ) {}

  private get headers(): Record<string, string> {
    return this.token ? { Authorization: `Bearer ${this.token}` } : {};
  }

  private url(file: string): string {
    return `${this.endpoint}/${this.repo}/resolve/${encodeURIComponent(this.revision)}/${file}`;
  }

  async info(): Promise<HubInfo | null> {
    const url = `${this.endpoint}/api/models/${this.repo}/revision/${encodeURIComponent(this.revision)}?blobs=true`;
    const { headers, signal } = this;
    try {
      const response = await this.fetchFile(url, { headers, signal });
      return response.ok ? readHubInfo(await response.json()) : null;
    } catch (thrown) {
      // It only helps: what is really wrong shows in the requests for the files.
      if (signal.aborted) throw networkError(thrown, this.repo, signal);
      return null;
    }
  }

  /** A small file; null where the repository does not have it. */
  async small(file: string): Promise<ArrayBuffer | null> {
    const { headers, signal } = this;
    try {
      const response = await this.fetchFile(this.url(file), { headers, signal });
      if (response.ok) return await response.arrayBuffer();
      const missing = response.status === 404 && ['EntryNotFound', null].includes(response.headers.get('x-error-code'));
      if (missing && file !== CONFIG) return null;
      throw this.refusal(response, file);
    } catch (thrown) {
      throw networkError(thrown, `${this.repo}/${file}`, signal);
    }
  }

  large(
    file: string,
    folder: Directory | null,
    sha256: string | undefined,
    onProgress: OnProgress,
  ): Promise<Downloaded> {
    const subject = `${this.repo}/${file}`;
    const onBytes = (done: number, total: number): void =>
      onProgress({ stage: 'download', done, total, unit: 'bytes', subject });
    const { headers, signal, fetchFile } = this;
    const refuse = (response: Response): DetectorError => this.refusal(response, file);
    return download({
      url: this.url(file),
      file,
      subject,
      fetchFile,
      headers,
      signal,
      folder,
      onBytes,
      sha256,
      refuse,
    });
  }

  /** What an answer other than success means. */
  private refusal({ status, headers }: Response, file: string): DetectorError {
    const fail = (message: string, hint: string): DetectorError =>
      new DetectorError('network', `${this.repo}/${file}`, message, hint);
    const code = headers.get('x-error-code');
    if (status === 401) {
      const hint = this.token
        ? 'Check the access token.'
        : 'Check the spelling; a private or gated one needs an access token.';
      return fail(
        'the hub lets nobody in without the right token (HTTP 401): the repository is private, gated, or does not exist',
        hint,
      );
    }
    if (status === 403) {
      return fail(
        'the hub refuses access (HTTP 403)',
        'Accept the repository’s terms on its page and use a token that may read it.',
      );
    }
    if (status === 404 && code === 'RevisionNotFound') {
      return fail(
        `the repository has no revision "${this.revision}" (HTTP 404)`,
        'Use main, or a branch, tag or commit of it.',
      );
    }
    if (status === 404 && code === 'RepoNotFound')
      return fail('the hub has no such repository (HTTP 404)', 'Check the spelling.');
    if (status === 404) {
      return fail(
        `the repository has no ${file} at revision "${this.revision}" (HTTP 404)`,
        `Needed are ${CONFIG} and ${WEIGHTS}, in one piece.`,
      );
    }
    return fail(`the hub answered HTTP ${status}`, 'Try again later; what has been downloaded is kept.');
  }
}

/** The folder to keep things in, or why there is none. */
async function tryFolder(open: OpenRoot, id: string): Promise<{ folder: Directory | null; notKept?: AppError }> {
  try {
    return { folder: await modelFolder(open, id) };
  } catch (thrown) {
    return { folder: null, notKept: storageError(thrown, id).detail };
  }
}

/** The kept checkpoint, null where there is none of this revision or no storage. */
async function tryStored(open: OpenRoot, id: string, revision: string): Promise<Checkpoint | null> {
  try {
    const manifest = await findStored(id, open);
    return manifest?.revision === revision ? await openStored(id, open) : null;
  } catch {
    // Damaged or unreadable: it is downloaded again, and a storage that fails says so there.
    return null;
  }
}

/** Completes the folder of a download. @returns why that did not work */
async function keep(
  folder: Directory,
  checkpoint: Checkpoint,
  revision: string,
  files: ReadonlyMap<string, ArrayBuffer>,
): Promise<AppError | undefined> {
  const { name, sha256, licence } = checkpoint;
  try {
    await removeManifest(folder);
    for (const [file, bytes] of files) if (file !== WEIGHTS) await writeBytes(folder, file, bytes);
    await renameFile(folder, partName(WEIGHTS), WEIGHTS);
    await dropPart(folder, WEIGHTS);
    const sizes = Object.fromEntries([...files].map(([file, { byteLength }]) => [file, byteLength]));
    await writeManifest(folder, { name, source: 'hub', revision, files: sizes, sha256: sha256!, licence });
    return undefined;
  } catch (thrown) {
    // A complete part cannot be resumed and would only take room.
    await dropPart(folder, WEIGHTS);
    return storageError(thrown, name).detail;
  }
}

/** The browser's own refuses to be called as a method of anything else. */
const plainFetch: Fetch = (address, init) => fetch(address, init);

function requireEndpoint(text: string): string {
  const endpoint = readEndpoint(text);
  if (endpoint !== null) return endpoint;
  const hint = 'For example https://hf-mirror.com.';
  throw new DetectorError('network', text, 'expected the address of a hub: https://, or http:// on this machine', hint);
}

/**
 * Opens a checkpoint of the hub: the kept one where there is one of this revision (no request is made then), else it is
 * downloaded, checked and kept. `notKept` of the answer says why it could not be kept.
 * @throws DetectorError `network`, `checkpoint`, `unsupported`, `cancelled`; what has come of the weights stays for the
 *   next attempt
 */
export async function openHub(
  repo: string,
  revision: string,
  onProgress: OnProgress,
  signal: AbortSignal,
  { endpoint = HUB, token, accept, fetchFile = plainFetch, openRoot = browserRoot }: HubOptions = {},
): Promise<Checkpoint> {
  const name = parseRepo(repo);
  const id = idOfRepo(name);
  const stored = await tryStored(openRoot, id, revision);
  if (stored) return stored;
  const visit = new HubVisit(name, revision, requireEndpoint(endpoint), token, fetchFile, signal);
  const info = await visit.info();
  const files = new Map<string, ArrayBuffer>();
  for (const file of [CONFIG, PREPROCESSOR, ...EXTRA.filter((extra) => info?.files.has(extra))]) {
    const bytes = await visit.small(file);
    if (bytes) files.set(file, bytes);
  }
  const config = readConfig(new TextDecoder().decode(files.get(CONFIG)), `${name}/${CONFIG}`);
  accept?.(config);
  if (info && !info.files.has(WEIGHTS)) throw noWeights(name, [...info.files.keys()]);

  const { folder, notKept } = await tryFolder(openRoot, id);
  const weights = await visit.large(WEIGHTS, folder, info?.files.get(WEIGHTS)?.sha256, onProgress);
  files.set(WEIGHTS, weights.bytes);
  const parts = { id, name, source: 'hub' as const, files, sha256: weights.sha256, licence: info?.licence };
  let checkpoint: Checkpoint;
  try {
    checkpoint = assembleCheckpoint(parts);
  } catch (thrown) {
    await dropPart(folder, WEIGHTS);
    throw thrown;
  }
  const why = notKept ?? weights.notKept ?? (folder && (await keep(folder, checkpoint, revision, files)));
  return why ? { ...checkpoint, notKept: why } : checkpoint;
}
