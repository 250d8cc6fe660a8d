/** Paths inside a data set: always with '/', never beginning with it. */

const IMAGE = /\.(jpe?g|jfif|png|webp|avif|gif|bmp|tiff?|heic)$/i;

export const baseName = (path: string): string => path.slice(path.lastIndexOf('/') + 1);
export const folderOf = (path: string): string => path.slice(0, Math.max(path.lastIndexOf('/'), 0));
/** Without the extension, with the folders. */
export const stemOf = (path: string): string => path.replace(/\.[^./]+$/, '');
export const isImagePath = (path: string): boolean => IMAGE.test(path);

/** One path of several parts; '.' and '..' are resolved, what would leave the top stays at the top. */
export function joinPath(...parts: readonly string[]): string {
  const steps: string[] = [];
  for (const step of parts.join('/').replaceAll('\\', '/').split('/')) {
    if (step === '..') steps.pop();
    else if (step !== '' && step !== '.') steps.push(step);
  }
  return steps.join('/');
}

/** Whether a path lies in a folder, at any depth; everything lies in ''. */
export const liesIn = (path: string, folder: string): boolean => folder === '' || path.startsWith(`${folder}/`);

/** The path as seen from a folder that it lies in. */
export const relativeTo = (folder: string, path: string): string =>
  folder === '' ? path : path.slice(folder.length + 1);

/** Index of the last step of a path with this name, case not counted; -1 where there is none. The file itself does not count. */
export function lastFolder(path: string, name: string): number {
  const steps = path.toLowerCase().split('/').slice(0, -1);
  return steps.lastIndexOf(name);
}

/** The path of an XML file below its folder of annotations, without the extension; its name where there is no such folder. */
export function vocStem(path: string): string {
  const depth = lastFolder(path, 'annotations');
  const steps = path.split('/');
  return stemOf(steps.slice(depth < 0 ? -1 : depth + 1).join('/'));
}

/** The folder that holds the folder of annotations, or the XML files themselves. */
export function vocRoot(path: string): string {
  const depth = lastFolder(path, 'annotations');
  return depth < 0 ? folderOf(path) : path.split('/').slice(0, depth).join('/');
}

/** A path that is not taken: "a.xml", then "a-2.xml". */
export function ownPath(path: string, isTaken: (path: string) => boolean): string {
  const extension = path.slice(stemOf(path).length);
  for (let count = 1; ; count++) {
    const own = count === 1 ? path : `${stemOf(path)}-${count}${extension}`;
    if (!isTaken(own)) return own;
  }
}
