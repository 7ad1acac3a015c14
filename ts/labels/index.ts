/** Labels: their text, their rules, and the lookup from a label object to a handle. */

export * from './defaults';
export * from './hash';
export * from './lookup';
export * from './product';
export * from './text';
export * from './tree';
export * from './validate';
export * from './value-limits';
