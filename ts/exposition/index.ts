/** What is printed, and output that is made in TypeScript. */

export { preferred } from './accept';
export * from './content-type';
export { extraOf, namesOf, type Printable } from './extra';
export * from './output';
export * from './rows';
export { numberText } from './text';
