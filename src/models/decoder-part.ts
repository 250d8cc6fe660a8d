/** The name of a decoder layer's part of the forward pass, for `scoped`. @param index the layer's, from 0 */
export const decoderPart = (index: number): string => `decoder/layer ${index + 1}`;
