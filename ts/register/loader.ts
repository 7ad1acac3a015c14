/** Hooks for `import` where `module.registerHooks` is missing: they run on a thread of their own. */

import { fileURLToPath, pathToFileURL } from 'url';

import { answerTo, fileFor } from './names';

/** The result of a hook. */
export interface Resolved {
  url: string;
  format?: string | null;
  shortCircuit?: boolean;
}

/** What a hook knows about the importing module. */
export interface Context {
  conditions?: readonly string[];
  parentURL?: string | undefined;
}

/** Node.js' `resolve` hook. */
export async function resolve<C extends Context>(
  specifier: string,
  context: C,
  next: (specifier: string, context: C) => Promise<Resolved>,
): Promise<Resolved> {
  if (fileFor(specifier, false) === null) return next(specifier, context);
  const installed = await next(specifier, context).catch(() => null);
  const answer = answered(specifier, context, () => installed!);
  return answer ?? installed ?? next(specifier, context);
}

/**
 * The result for prom-client's names; null for others, and for an old prom-client.
 *
 * @param installed returns the result without this package; throws if there is none
 */
export function answered(
  specifier: string,
  { conditions, parentURL }: Context,
  installed: () => Resolved,
): Resolved | null {
  const esm = conditions?.includes('require') !== true;
  const from = parentURL?.startsWith('file:') === true ? fileURLToPath(parentURL) : parentURL;
  const file = answerTo(specifier, esm, from, () => fileURLToPath(installed().url));
  if (file === null) return null;
  const format = file.endsWith('.mjs') ? 'module' : 'commonjs';
  return { url: pathToFileURL(file).href, format, shortCircuit: true };
}
