/** Reads Pascal VOC: a folder with one XML file an image (http://host.robots.ox.ac.uk/pascal/VOC/voc2012/devkit_doc.pdf). */
import type { Element } from '@xmldom/xmldom';
import type { PixelXyxy } from '../../lib/boxes';
import { DetectorError, toAppError, type AppError } from '../../lib/errors';
import { ImageIndex, imageFolders, readText, type DatasetFiles } from './files';
import { baseName, folderOf, joinPath, liesIn, stemOf, vocRoot, vocStem } from './paths';
import { boxFault, labelProblem } from './problems';
import { readSplitList, splitsOfNames } from './splits';
import type { LabelledImage, LabelledObject, ReadResult, Splits } from './types';
import { EDGES, fromVocEdges } from './voc-edges';
import { childElements, firstChild, lineOf, parseXml, toTree, trimmed, type XmlElement } from './xml';

/** An object before the classes of all files are known. */
interface NamedObject extends Omit<LabelledObject, 'classIndex'> {
  readonly name: string;
}

interface Annotation {
  readonly filename: string;
  readonly width: number;
  readonly height: number;
  readonly objects: readonly NamedObject[];
  readonly tree: XmlElement;
}

/** One XML file; bad objects go to `problems`. */
class AnnotationReader {
  constructor(
    private readonly file: string,
    private readonly problems: AppError[],
  ) {}

  private refuse(element: Element, message: string): never {
    throw new DetectorError('annotations', this.file, `${lineOf(element)}: ${message}`);
  }

  private child(element: Element, name: string): Element {
    return (
      firstChild(element, name) ?? this.refuse(element, `expected <${name}> in <${element.tagName}>, there is none`)
    );
  }

  private number(element: Element, name: string): number {
    const child = this.child(element, name);
    const text = trimmed(child);
    const value = Number(text);
    if (text !== '' && Number.isFinite(value)) return value;
    return this.refuse(child, `<${name}>: expected a number, got ${JSON.stringify(text)}`);
  }

  private side(size: Element, name: string): number {
    const value = this.number(size, name);
    return value >= 1 ? value : this.refuse(size, `<${name}>: expected at least 1 pixel, got ${value}`);
  }

  private box(object: Element, width: number, height: number): PixelXyxy {
    const element = this.child(object, 'bndbox');
    const box = fromVocEdges(EDGES.map((edge) => this.number(element, edge)));
    const fault = boxFault(box, width, height);
    return fault === null ? box : this.refuse(element, fault);
  }

  private object(element: Element, width: number, height: number): NamedObject {
    const nameElement = this.child(element, 'name');
    const name = trimmed(nameElement);
    if (name === '') this.refuse(nameElement, '<name>: expected the name of a class, got nothing');
    const says = (flag: string): boolean => trimmed(firstChild(element, flag)) === '1';
    return {
      name,
      box: this.box(element, width, height),
      ...(says('difficult') && { difficult: true }),
      ...(says('crowd') && { crowd: true }),
      extra: { voc: toTree(element) },
    };
  }

  private objects(root: Element, width: number, height: number): NamedObject[] {
    const elements = childElements(root).filter(({ tagName }) => tagName === 'object');
    return elements.flatMap((element) => {
      try {
        return [this.object(element, width, height)];
      } catch (thrown) {
        this.problems.push(toAppError(thrown, this.file));
        return [];
      }
    });
  }

  /** @throws DetectorError `annotations` where nothing of the file can be used */
  read(text: string): Annotation {
    const root = parseXml(text, this.file);
    if (root.tagName !== 'annotation') this.refuse(root, `expected <annotation>, got <${root.tagName}>`);
    const size = this.child(root, 'size');
    const [width, height] = [this.side(size, 'width'), this.side(size, 'height')];
    const filename = trimmed(firstChild(root, 'filename'));
    return { filename, width, height, objects: this.objects(root, width, height), tree: withoutObjects(toTree(root)) };
  }
}

/** The annotation with one empty object where the first one was. */
function withoutObjects(tree: XmlElement): XmlElement {
  const children = tree.children ?? [];
  const first = children.findIndex(({ name }) => name === 'object');
  return {
    ...tree,
    children: children.flatMap((child, index) =>
      child.name !== 'object' ? [child] : index === first ? [{ name: 'object' }] : [],
    ),
  };
}

/** `filename` in the folder that the XML file has below its annotations; named as the XML file where it says none. */
function imageOf(path: string, { filename }: Annotation, index: ImageIndex): { file: string; image?: string } {
  const stem = vocStem(path);
  const folders = imageFolders(folderOf(path)).concat(imageFolders(vocRoot(path)));
  const below = folderOf(stem);
  const said = joinPath(below, baseName(joinPath(filename)));
  const candidates = filename === '' ? [stem] : [said, stem];
  for (const file of candidates) {
    const image = index.find(file, folders);
    if (image !== undefined) return { file: file === stem ? joinPath(below, baseName(image)) : file, image };
  }
  return { file: candidates[0]! };
}

interface NamedImage extends Omit<LabelledImage, 'objects'> {
  readonly objects: readonly NamedObject[];
}

function withClasses(images: readonly NamedImage[]): { classes: string[]; images: LabelledImage[] } {
  const classes = [...new Set(images.flatMap(({ objects }) => objects.map(({ name }) => name)))].sort();
  const indices = new Map(classes.map((name, index) => [name, index]));
  const resolve = ({ name, ...object }: NamedObject): LabelledObject => ({
    classIndex: indices.get(name)!,
    ...object,
  });
  return { classes, images: images.map((image) => ({ ...image, objects: image.objects.map(resolve) })) };
}

/** ImageSets/Main/<split>.txt: a name a line. Files that say it by class ("name -1") are others. */
async function readSplits(
  files: DatasetFiles,
  root: string,
  images: readonly LabelledImage[],
  problems: AppError[],
): Promise<Splits> {
  const folder = joinPath(root, 'ImageSets/Main');
  const lists: Record<string, string[]> = {};
  for (const path of [...files.keys()].filter((each) => liesIn(each, folder) && each.endsWith('.txt'))) {
    const names = readSplitList((await readText(files, path, problems)) ?? '');
    if (!names.some((name) => /\s-?[01]$/.test(name))) lists[baseName(stemOf(path))] = names;
  }
  return splitsOfNames(lists, images, folder, problems);
}

/**
 * Reads the XML files `paths` of a Pascal VOC data set under `root`. Classes are in the order of their names. A damaged
 * file or object is a problem that names its line; the others are kept. A file that is damaged is left out as a whole:
 * with some of its boxes missing it would teach that there is nothing.
 */
export async function readVoc(files: DatasetFiles, root: string, paths: readonly string[]): Promise<ReadResult> {
  const problems: AppError[] = [];
  const index = new ImageIndex(files.keys());
  const images = new Map<string, NamedImage>();
  for (const path of [...paths].sort()) {
    const text = await readText(files, path, problems);
    if (text === null) continue;
    try {
      const annotation = new AnnotationReader(path, problems).read(text);
      const { file, image } = imageOf(path, annotation, index);
      const { width, height, objects, tree } = annotation;
      if (images.has(file)) {
        problems.push(labelProblem(path, `<filename>: expected an image of its own, got ${file} again`));
        continue;
      }
      const voc = { path, file, annotation: tree, ...(image !== undefined && { image }) };
      images.set(file, { file, width, height, objects, extra: { voc } });
    } catch (thrown) {
      problems.push(toAppError(thrown, path));
    }
  }
  const set = withClasses([...images.values()]);
  return { set, splits: await readSplits(files, root, set.images, problems), problems };
}
