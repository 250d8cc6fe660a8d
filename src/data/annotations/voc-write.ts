/** Writes Pascal VOC: one XML file an image. What came from VOC and was not changed is written as it was. */
import { baseName, joinPath, ownPath, stemOf, vocRoot } from './paths';
import { splitNames } from './splits';
import type { LabelledImage, LabelledObject, LabelSet, Splits, WrittenLabels } from './types';
import { EDGES, OFFSET, toVocEdges } from './voc-edges';
import { writeXml, type XmlElement } from './xml';

export interface VocOptions {
  /**
   * Rounds edges to whole pixels, which programs that read integers need. Without it the edges are what they are, and
   * come back exactly.
   */
  readonly wholePixels?: boolean;
}

/** The element with one child's text set; the child is added at the end where there is none. */
function withText(element: XmlElement, name: string, text: string): XmlElement {
  const children = element.children ?? [];
  const index = children.findIndex((child) => child.name === name);
  const attributes = children[index]?.attributes;
  const child = { name, ...(attributes && { attributes }), text };
  return { ...element, children: index < 0 ? [...children, child] : children.with(index, child) };
}

const textIn = (element: XmlElement, name: string): string | undefined =>
  element.children?.find((child) => child.name === name)?.text;

/** Sets a number; "78.0" stays where 78 is meant. */
function withNumber(element: XmlElement, name: string, value: number): XmlElement {
  const text = textIn(element, name);
  return text?.trim() && Number(text) === value ? element : withText(element, name, String(value));
}

/** Replaces a child that holds others. */
function withChild(element: XmlElement, name: string, change: (child: XmlElement) => XmlElement): XmlElement {
  const children = element.children ?? [];
  const index = children.findIndex((child) => child.name === name);
  const child = change(children[index] ?? { name });
  return { ...element, children: index < 0 ? [...children, child] : children.with(index, child) };
}

/** 1 or 0; what the file did not say stays unsaid where it is 0. */
function withFlag(element: XmlElement, name: string, value: boolean): XmlElement {
  const said = textIn(element, name)?.trim() === '1';
  return said === value ? element : withText(element, name, value ? '1' : '0');
}

const NEW_OBJECT: XmlElement = {
  name: 'object',
  children: [
    { name: 'name', text: '' },
    { name: 'pose', text: 'Unspecified' },
    { name: 'truncated', text: '0' },
    { name: 'difficult', text: '0' },
  ],
};

function withEdges(bndbox: XmlElement, { box }: LabelledObject, whole: boolean): XmlElement {
  const said = EDGES.map((edge) => Number(textIn(bndbox, edge) ?? NaN));
  const unchanged = EDGES.every((edge, index) => said[index]! - OFFSET[edge] === box[index]);
  if (unchanged && (!whole || said.every(Number.isInteger))) return bndbox;
  const edges = toVocEdges(box, whole);
  return EDGES.reduce((element, edge, index) => withText(element, edge, String(edges[index]!)), bndbox);
}

function writeObject(object: LabelledObject, classes: readonly string[], whole: boolean): XmlElement {
  const name = classes[object.classIndex]!;
  let element = object.extra?.voc ?? NEW_OBJECT;
  if (textIn(element, 'name')?.trim() !== name) element = withText(element, 'name', name);
  element = withFlag(element, 'difficult', object.difficult ?? false);
  element = withFlag(element, 'crowd', object.crowd ?? false);
  return withChild(element, 'bndbox', (bndbox) => withEdges(bndbox, object, whole));
}

const NEW_ANNOTATION: XmlElement = {
  name: 'annotation',
  children: [
    { name: 'folder', text: 'JPEGImages' },
    { name: 'filename', text: '' },
    {
      name: 'size',
      children: ['width', 'height', 'depth'].map((name) => ({ name, text: name === 'depth' ? '3' : '' })),
    },
    { name: 'segmented', text: '0' },
    { name: 'object' },
  ],
};

function writeAnnotation(image: LabelledImage, classes: readonly string[], whole: boolean): string {
  const { file, width, height, extra } = image;
  let element = extra?.voc?.annotation ?? NEW_ANNOTATION;
  if (extra?.voc?.file !== file) element = withText(element, 'filename', baseName(file));
  element = withChild(element, 'size', (size) => withNumber(withNumber(size, 'width', width), 'height', height));
  const objects = image.objects.map((object) => writeObject(object, classes, whole));
  const children = element.children ?? [];
  const holds = children.some(({ name }) => name === 'object');
  const all = holds
    ? children.flatMap((child) => (child.name === 'object' ? objects : [child]))
    : [...children, ...objects];
  return writeXml({ ...element, children: all });
}

/**
 * The XML files, and ImageSets/Main/<split>.txt for every split. An image goes where it was; a new one to JPEGImages/.
 * `crowd` has no place in VOC: it is written under that name, which other programs do not look at.
 */
export function writeVoc(set: LabelSet, splits: Splits, { wholePixels = false }: VocOptions = {}): WrittenLabels {
  const files = new Map<string, string>();
  const images = new Map<string, string>();
  for (const image of set.images) {
    const voc = image.extra?.voc;
    const isWhereItWas = voc?.file === image.file;
    const path = isWhereItWas ? voc.path : joinPath('Annotations', `${stemOf(image.file)}.xml`);
    files.set(
      ownPath(path, (each) => files.has(each)),
      writeAnnotation(image, set.classes, wholePixels),
    );
    images.set(
      ownPath((isWhereItWas && voc.image) || joinPath('JPEGImages', image.file), (each) => images.has(each)),
      image.file,
    );
  }
  const first = set.images[0]?.extra?.voc?.path;
  const root = first === undefined ? '' : vocRoot(first);
  for (const [split, members] of Object.entries(splits)) {
    const names = splitNames(members, set.images).map((name) => `${name}\n`);
    files.set(joinPath(root, 'ImageSets/Main', `${split}.txt`), names.join(''));
  }
  return { files, images, problems: [] };
}
