/** The hook for `import` on versions of Node.js without `module.registerHooks`. It runs on a thread of its own. */

import { fileURLToPath, pathToFileURL } from 'url';

import { answerTo, fileFor } from './names';

/** The result of a hook. */
export interface Resolved {
  url: string;
  format?: string | null;
  shortCircuit?: boolean;
}

/** The argument of a hook that describes the importing module. */
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
 * Returns the result of a hook for names of prom-client and its successors; null for other names, and if the installed
 * prom-client is too old to be replaced.
 *
 * @param installed returns the result without the hook; throws if there is none
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
