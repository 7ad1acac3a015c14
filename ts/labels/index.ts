/** Labels: their text, their rules, and the way from a label object to a series. */

export * from './hash';
export * from './lookup';
export * from './product';
export * from './text';
export * from './tree';
export * from './validate';
