/** Output that is made in TypeScript. */

export * from './rows';
export * from './text';
