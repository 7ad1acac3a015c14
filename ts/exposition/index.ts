/** Output that is made in TypeScript. */

export { preferred } from './accept';
export * from './content-type';
export { END, openMetricsTexts } from './openmetrics';
export { prints, withoutFamilies } from './printed';
export * from './rows';
export * from './text';
