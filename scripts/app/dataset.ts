/** Finds a COCO data set on disk: the annotations and, for each image they name, its file. */
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';

export interface Dataset {
  annotations: string;
  /** Files of the images that are there; the app names those that are missing. */
  images: string[];
}

function isPascalVoc(folder: string): boolean {
  return ['Annotations', 'annotations'].some((name) => {
    const labels = join(folder, name);
    return (
      existsSync(labels) && statSync(labels).isDirectory() && readdirSync(labels).some((file) => file.endsWith('.xml'))
    );
  });
}

function annotationsIn(folder: string): string {
  const plain = join(folder, 'annotations.json');
  if (existsSync(plain)) return plain;
  if (isPascalVoc(folder)) {
    throw new Error(`${folder}: expected COCO JSON, got Pascal VOC's XML files: convert them to COCO JSON first`);
  }
  const found = readdirSync(folder).filter((name) => name.endsWith('.json'));
  if (found.length === 1) return join(folder, found[0]!);
  const got = found.length === 0 ? 'no JSON file' : `${found.length} JSON files: name one of them with --data`;
  throw new Error(`${folder}: expected annotations.json or one COCO JSON file, got ${got}`);
}

/** Where data sets keep the images: beside the annotations, in images/, or COCO's own annotations/instances_<split>.json. */
function imageFolders(annotations: string): string[] {
  const folder = dirname(annotations);
  const split = basename(annotations, '.json').replace(/^.*_/, '');
  return [join(folder, 'images'), folder, join(folder, '..', split), join(folder, '..', 'images')];
}

function fileNames(path: string): string[] {
  let json: unknown;
  try {
    json = JSON.parse(readFileSync(path, 'utf8'));
  } catch (thrown) {
    const reason = thrown instanceof Error ? thrown.message : String(thrown);
    throw new Error(`${path}: expected COCO JSON: ${reason}`, { cause: thrown });
  }
  const images = (json as { images?: { file_name?: unknown }[] } | null)?.images;
  if (!Array.isArray(images)) throw new Error(`${path}: expected COCO JSON with a list "images", there is none`);
  return images.map(({ file_name }) => file_name).filter((name) => typeof name === 'string');
}

/**
 * @param path a folder with annotations.json and images/, or a COCO JSON file beside its images
 * @param limit only the first images of the annotations
 * @throws Error naming the file or folder, what was expected and what came
 */
export function findDataset(path: string, limit?: number): Dataset {
  if (!existsSync(path)) throw new Error(`--data: ${path}: there is no such file or folder`);
  const annotations = statSync(path).isDirectory() ? annotationsIn(path) : path;
  const folders = imageFolders(annotations);
  const images = fileNames(annotations)
    .slice(0, limit)
    .map((name) => folders.map((folder) => join(folder, name)).find((file) => existsSync(file)))
    .filter((file) => file !== undefined);
  if (images.length === 0) {
    throw new Error(`${annotations}: expected its images in one of ${folders.join(', ')}, found none of them`);
  }
  return { annotations, images };
}
