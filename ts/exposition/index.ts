/** Output that is made in TypeScript. */

export * from './content-type';
export * from './rows';
export * from './text';
