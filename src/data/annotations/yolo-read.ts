/** Reads YOLO data sets: data.yaml, images, and beside them a text file of labels for every image. */
import { DetectorError, toAppError, type AppError } from '../../lib/errors';
import type { PixelSize } from '../images/header';
import { uprightPixelSize } from '../images/orientation';
import { readText, type DatasetFiles } from './files';
import { baseName, folderOf, isImagePath, joinPath, lastFolder, liesIn, relativeTo, stemOf } from './paths';
import { boxFault, labelProblem, some } from './problems';
import { readSplitList, splitsOfNames } from './splits';
import type { LabelledImage, LabelledObject, ReadResult, Splits } from './types';
import { readYoloConfig, type YoloConfig } from './yolo-config';
import { splitYoloLine, yoloBox } from './yolo-line';

/** Lists of class names, a line each, that LabelImg and darknet write instead of data.yaml. */
const NAME_LISTS = ['classes.txt', 'obj.names', 'names.txt'];

/** Where the labels of an image may lie: the last folder "images" turned into "labels", or beside it. */
export function yoloLabelPath(image: string): string {
  const depth = lastFolder(image, 'images');
  return `${stemOf(depth < 0 ? image : image.split('/').with(depth, 'labels').join('/'))}.txt`;
}

const isNameList = (path: string): boolean => NAME_LISTS.includes(baseName(path));

/** The paths that a file or folder of data.yaml may mean, most literal first: many say where the data once was. */
function meanings(place: string, root: string, path: string): string[] {
  const steps = joinPath(place).split('/');
  const shorter = steps.map((_, from) => steps.slice(from).join('/'));
  return [joinPath(root, path, place), joinPath(root, place), ...shorter.map((each) => joinPath(root, each))];
}

class YoloReader {
  readonly problems: AppError[] = [];
  private readonly images: readonly string[];

  constructor(
    private readonly files: DatasetFiles,
    private readonly root: string,
    private readonly sizeOf: (image: Blob) => Promise<PixelSize | undefined>,
  ) {
    this.images = [...files.keys()].filter((path) => liesIn(path, root) && isImagePath(path)).sort();
  }

  /** The images of one folder or list of data.yaml. */
  private async membersOf(place: string, split: string, { path }: YoloConfig, config: string): Promise<string[]> {
    for (const meant of meanings(place, this.root, path)) {
      if (/\.txt$/i.test(meant) && this.files.has(meant)) {
        const names = readSplitList((await readText(this.files, meant, this.problems)) ?? '');
        const files = this.images.map((file) => ({ file }));
        return [...splitsOfNames({ [split]: names }, files, meant, this.problems)[split]!];
      }
      const inside = this.images.filter((image) => liesIn(image, meant));
      if (inside.length > 0) return inside;
    }
    this.problems.push(labelProblem(config, `${split}: expected images in ${place}, there are none`));
    return [];
  }

  async readSplits(config: YoloConfig, path: string): Promise<Splits> {
    const splits: Record<string, string[]> = {};
    for (const [split, places] of Object.entries(config.splits)) {
      const members: string[] = [];
      for (const place of places) members.push(...(await this.membersOf(place, split, config, path)));
      splits[split] = [...new Set(members)].map((image) => relativeTo(this.root, image));
    }
    return splits;
  }

  private labelOf(image: string): string | null {
    const beside = `${stemOf(image)}.txt`;
    return [yoloLabelPath(image), beside].find((path) => this.files.has(path) && !isNameList(path)) ?? null;
  }

  private readLine(line: string, { width, height }: PixelSize, ids: ReadonlyMap<number, number>): LabelledObject {
    const refuse = (message: string): never => {
      throw new DetectorError('annotations', '', message);
    };
    const shown = JSON.stringify(line.slice(0, 60));
    const parts = splitYoloLine(line) ?? refuse(`expected a class number and a box, got ${shown}`);
    const box =
      yoloBox(parts.text, width, height) ??
      refuse(`expected 4 numbers of a box or the points of a polygon, got ${shown}`);
    const fault = boxFault(box, width, height);
    if (fault !== null) refuse(`${fault} from ${shown}`);
    const classIndex = ids.get(parts.id) ?? refuse(`expected a class of data.yaml, got number ${parts.id}`);
    return { classIndex, box, extra: { yolo: parts.text } };
  }

  private async readObjects(
    path: string,
    size: PixelSize,
    ids: ReadonlyMap<number, number>,
  ): Promise<LabelledObject[]> {
    const problems: AppError[] = [];
    const text = await readText(this.files, path, problems);
    if (text === null) throw new DetectorError('annotations', path, problems[0]!.message);
    return text.split(/\r\n|\r|\n/).flatMap((line, index) => {
      if (line.trim() === '') return [];
      try {
        return [this.readLine(line.trim(), size, ids)];
      } catch (thrown) {
        const { message } = toAppError(thrown, path);
        this.problems.push(labelProblem(path, `line ${index + 1}: ${message}`));
        return [];
      }
    });
  }

  private async readImage(
    path: string,
    label: string | null,
    ids: ReadonlyMap<number, number>,
  ): Promise<LabelledImage> {
    const size = await this.sizeOf(await this.files.get(path)!());
    if (!size) throw new DetectorError('image', path, 'expected an image that tells its size, got another file');
    const objects = label === null ? [] : await this.readObjects(label, size, ids);
    const file = relativeTo(this.root, path);
    return { file, ...size, objects, extra: { yolo: { label: label === null ? null : relativeTo(this.root, label) } } };
  }

  /** Images with labels and images of a split; all there are where nothing says which. */
  async readImages(ids: ReadonlyMap<number, number>, splits: Splits): Promise<LabelledImage[]> {
    const members = new Set(Object.values(splits).flat());
    const images: LabelledImage[] = [];
    for (const path of this.images) {
      const label = this.labelOf(path);
      if (label === null && members.size > 0 && !members.has(relativeTo(this.root, path))) continue;
      try {
        images.push(await this.readImage(path, label, ids));
      } catch (thrown) {
        this.problems.push(toAppError(thrown, path));
      }
    }
    return images;
  }

  /** Class numbers that label files use, for a set that names no classes. */
  async usedIds(): Promise<number[]> {
    const used = new Set<number>();
    for (const label of new Set(this.images.map((image) => this.labelOf(image)))) {
      const lines = label === null ? [] : readSplitList((await readText(this.files, label, [])) ?? '');
      for (const line of lines) used.add(splitYoloLine(line)?.id ?? 0);
    }
    return [...used].sort((a, b) => a - b);
  }

  /** Label files that belong to no image. */
  reportOrphans(): void {
    const used = new Set(this.images.map((image) => this.labelOf(image)));
    const lost = [...this.files.keys()].filter(
      (path) =>
        liesIn(path, this.root) &&
        /\.txt$/i.test(path) &&
        lastFolder(path, 'labels') >= 0 &&
        !isNameList(path) &&
        !used.has(path),
    );
    if (lost.length === 0) return;
    const message = `expected an image for every label file, ${lost.length} have none: ${some(lost)}`;
    this.problems.push(labelProblem(this.root || 'labels', message));
  }
}

/** Classes where no data.yaml names them: from a list of names beside the labels, else by number. */
async function nameClasses(
  files: DatasetFiles,
  root: string,
  reader: YoloReader,
): Promise<Pick<YoloConfig, 'classes' | 'ids'>> {
  const list = [...files.keys()].find((path) => liesIn(path, root) && isNameList(path));
  const classes = list === undefined ? [] : readSplitList((await readText(files, list, reader.problems)) ?? '');
  if (classes.length > 0) return { classes, ids: classes.map((_, id) => id) };
  const ids = await reader.usedIds();
  const message = 'expected the names of the classes in data.yaml or classes.txt, there are none: numbers name them';
  reader.problems.push(labelProblem(root || 'labels', message, 'Rename them, or add the missing file.'));
  return { classes: ids.map((id) => `class ${id}`), ids };
}

/**
 * Reads the YOLO data set under `root`. Sizes come from the images' headers, as the upright image has them: an image that
 * has none is a problem and left out. Bad lines are problems; the others are kept.
 * @param config path of data.yaml, null where there is none
 * @throws DetectorError `annotations` where data.yaml cannot be read
 */
export async function readYolo(
  files: DatasetFiles,
  root: string,
  config: string | null,
  sizeOf: (image: Blob) => Promise<PixelSize | undefined> = uprightPixelSize,
): Promise<ReadResult> {
  const reader = new YoloReader(files, root, sizeOf);
  const text = config === null ? null : await readText(files, config, reader.problems);
  const read = config === null || text === null ? null : { ...readYoloConfig(text, config), config, text };
  const { classes, ids } = read ?? (await nameClasses(files, root, reader));
  const named = read ? await reader.readSplits(read, read.config) : {};
  const images = await reader.readImages(new Map(ids.map((id, index) => [id, index])), named);
  reader.reportOrphans();
  const splits = withoutMissing(named, images);
  const yolo = read && { path: relativeTo(root, read.config), text: read.text, classes, ids, splits };
  return { set: { classes, images, ...(yolo && { extra: { yolo } }) }, splits, problems: reader.problems };
}

/** Splits of images that could be read. */
function withoutMissing(splits: Splits, images: readonly LabelledImage[]): Splits {
  const known = new Set(images.map(({ file }) => file));
  return Object.fromEntries(
    Object.entries(splits).map(([split, members]) => [split, members.filter((file) => known.has(file))]),
  );
}

/** The folder that data.yaml, or the folder of labels, lies in. */
export function yoloRoot(label: string): string {
  const depth = lastFolder(label, 'labels');
  return depth < 0 ? folderOf(label) : label.split('/').slice(0, depth).join('/');
}
