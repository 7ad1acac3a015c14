/** Packages of the frameworks, in two major versions of each, installed once into `.cache`. */
import { createRequire } from 'node:module';
import { join } from 'node:path';

import { cachedPackages } from '../support/cached-package';

/** Sets of packages, each by the name of its folder. */
const SETS = {
  'http-newer': {
    '@hono/node-server': '2.1.8',
    '@koa/router': '14.0.0',
    '@nestjs/common': '11.2.10',
    '@nestjs/core': '11.2.10',
    '@nestjs/platform-express': '11.2.10',
    '@nestjs/platform-fastify': '11.2.8',
    express: '5.3.0',
    fastify: '5.12.8',
    hono: '4.13.19',
    koa: '3.3.0',
    'koa-mount': '4.2.0',
    'reflect-metadata': '0.2.2',
    rxjs: '7.8.2',
  },
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
  // The layers of this version of the router do not keep their patterns.
  'express-5.1': { express: '5.1.0', router: '2.2.0' },
} as const;

/** The name of a set. */
export type PackageSet = keyof typeof SETS;

/** The sets with the older and with the newer major version of each framework. */
export const MAJORS = ['http-older', 'http-newer'] as const;

/** Installs a set. Returns the folder that has its node_modules. */
export async function installed(set: PackageSet): Promise<string> {
  return cachedPackages(set, SETS[set]);
}

/** Installs a set. Returns a function that requires its packages. */
export async function loader(set: PackageSet): Promise<NodeJS.Require> {
  return createRequire(join(await installed(set), 'index.js'));
}
