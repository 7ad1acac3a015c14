/** Families as rows and as data for native code, the Content-Types, and the outputs that TypeScript makes. */

export { preferred } from './accept';
export * from './content-type';
export { extraOf, namesOf, type Printable } from './extra';
export * from './output';
export * from './rows';
export { numberText } from './text';
