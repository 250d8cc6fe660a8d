/** What the hub's API says of a repository's files. Everything may be missing: it only helps. */
import { isObject } from './json';

export interface HubInfo {
  /** SPDX-like identifier of the model card. */
  readonly licence?: string;
  /** By path. sha256 (hex) is known for files in git LFS. */
  readonly files: ReadonlyMap<string, { readonly sha256?: string }>;
}

function readFile(sibling: unknown): [string, { sha256?: string }] | null {
  if (!isObject(sibling) || typeof sibling.rfilename !== 'string') return null;
  const { lfs } = sibling;
  const sha256 =
    isObject(lfs) && typeof lfs.sha256 === 'string' && /^[0-9a-f]{64}$/.test(lfs.sha256) ? lfs.sha256 : undefined;
  return [sibling.rfilename, sha256 === undefined ? {} : { sha256 }];
}

/** Null where the answer has no list of files. */
export function readHubInfo(answer: unknown): HubInfo | null {
  if (!isObject(answer) || !Array.isArray(answer.siblings)) return null;
  const files = new Map(answer.siblings.map(readFile).filter((file) => file !== null));
  const licence = isObject(answer.cardData) ? answer.cardData.license : undefined;
  return typeof licence === 'string' ? { licence, files } : { files };
}
