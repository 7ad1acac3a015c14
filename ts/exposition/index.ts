/** The data that is printed, and the output that TypeScript prints. */

export { preferred } from './accept';
export * from './content-type';
export { extraOf, namesOf, type Printable } from './extra';
export * from './output';
export * from './rows';
export { numberText } from './text';
