/**
 * The frameworks' packages. The newest majors are development dependencies; other versions are installed once into
 * `.cache`.
 */
import { createRequire } from 'node:module';
import { join } from 'node:path';

import { cachedPackages } from '../support/cached-package';

/** The folder of the development dependencies. */
const root = join(__dirname, '..', '..');

/** Sets of packages that are installed on demand, by the name of their folder. */
const ON_DEMAND = {
  'http-older': {
    '@hono/node-server': '1.8.2',
    '@koa/router': '12.0.2',
    '@nestjs/common': '10.4.22',
    '@nestjs/core': '10.4.22',
    '@nestjs/platform-express': '10.4.22',
    '@nestjs/platform-fastify': '10.4.22',
    express: '4.22.3',
    fastify: '4.29.1',
    hono: '3.12.12',
    koa: '2.16.4',
    'koa-mount': '4.2.0',
    'reflect-metadata': '0.2.2',
    rxjs: '7.8.2',
  },
  'nest-11': {
    '@nestjs/common': '11.2.10',
    '@nestjs/core': '11.2.10',
    '@nestjs/platform-express': '11.2.10',
    '@nestjs/platform-fastify': '11.2.8',
    'reflect-metadata': '0.2.2',
    rxjs: '7.8.2',
  },
  // Layers of this router do not tell their patterns.
  'express-5.1': { express: '5.1.0', router: '2.2.0' },
} as const;

/** The name of a set. */
export type PackageSet = keyof typeof ON_DEMAND | 'http-newer';

/** Two majors of each framework. */
export const MAJORS = ['http-older', 'http-newer'] as const;

/** The majors of Nest. */
export const NEST_MAJORS = ['http-older', 'nest-11', 'http-newer'] as const;

/** Installs a set if it is missing. Returns the folder that has its node_modules. */
export async function installed(set: PackageSet): Promise<string> {
  return set === 'http-newer' ? root : cachedPackages(set, ON_DEMAND[set]);
}

/** Installs a set if it is missing. Returns a function that requires its packages. */
export async function loader(set: PackageSet): Promise<NodeJS.Require> {
  return createRequire(join(await installed(set), 'index.js'));
}
