/** XML files as plain trees: parsing with the place of every fault, and writing. Comments and mixed content are dropped. */
import { DOMParser, ParseError, type Element } from '@xmldom/xmldom';
import { DetectorError } from '../../lib/errors';

export interface XmlElement {
  readonly name: string;
  readonly attributes?: Readonly<Record<string, string>>;
  /** Of an element without children. */
  readonly text?: string;
  readonly children?: readonly XmlElement[];
}

/** Place of a node for a sentence. */
export const lineOf = (element: Element): string => `line ${element.lineNumber ?? 0}`;

function refuse(name: string, thrown: unknown, cause: string): DetectorError {
  const locator: unknown = thrown instanceof ParseError ? thrown.locator : undefined;
  const { lineNumber = 0, columnNumber = 0 } = (locator ?? {}) as { lineNumber?: number; columnNumber?: number };
  const where = lineNumber > 0 ? ` at line ${lineNumber}, column ${columnNumber}` : '';
  return new DetectorError('annotations', name, `is not valid XML${where}: ${cause}`);
}

/**
 * Parses an XML text.
 * @throws DetectorError `annotations` with the line and column of the fault
 */
export function parseXml(text: string, name: string): Element {
  let cause = 'expected an element';
  const onError = (level: string, message: string): void => {
    cause = message;
    throw new Error(level);
  };
  try {
    const root = new DOMParser({ onError }).parseFromString(text.replace(/^\ufeff/, ''), 'text/xml').documentElement;
    if (root) return root;
  } catch (thrown) {
    throw refuse(name, thrown, cause);
  }
  throw refuse(name, undefined, cause);
}

export function childElements(element: Element): Element[] {
  return [...element.childNodes].filter((node): node is Element => node.nodeType === node.ELEMENT_NODE);
}

export const firstChild = (element: Element, name: string): Element | undefined =>
  childElements(element).find(({ tagName }) => tagName === name);

/** Text without outer spaces; '' where there is no element. */
export const trimmed = (element: Element | undefined): string => element?.textContent?.trim() ?? '';

export function toTree(element: Element): XmlElement {
  const children = childElements(element).map(toTree);
  const text = element.textContent ?? '';
  const attributes = [...element.attributes].map(({ name, value }) => [name, value] as const);
  return {
    name: element.tagName,
    ...(attributes.length > 0 && { attributes: Object.fromEntries(attributes) }),
    ...(children.length > 0 ? { children } : text !== '' && { text }),
  };
}

const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  '\r': '&#13;',
};
const escape = (text: string): string => text.replace(/[&<>"\r]/g, (mark) => ESCAPES[mark]!);
/** Quotes are only special in attributes; line ends would be read back as spaces there. */
const escapeAttribute = (text: string): string => escape(text).replace(/[\n\t]/g, (mark) => `&#${mark.charCodeAt(0)};`);

/** The element with its children on lines of their own, indented by tabs as Pascal VOC's files are. */
export function writeXml({ name, attributes = {}, text, children = [] }: XmlElement, depth = 0): string {
  const indent = '\t'.repeat(depth);
  const said = Object.entries(attributes).map(([key, value]) => ` ${key}="${escapeAttribute(value)}"`);
  const open = `${indent}<${name}${said.join('')}`;
  if (children.length > 0) {
    return `${open}>\n${children.map((child) => writeXml(child, depth + 1)).join('')}${indent}</${name}>\n`;
  }
  return text === undefined ? `${open}/>\n` : `${open}>${escape(text).replaceAll('&quot;', '"')}</${name}>\n`;
}
