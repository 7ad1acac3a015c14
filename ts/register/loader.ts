/** Hooks for `import` where `module.registerHooks` is missing: they run on a thread of their own. */

import { pathToFileURL } from 'url';

import { fileFor } from './names';

interface Resolved {
  url: string;
  format?: string | null;
  shortCircuit?: boolean;
}

/** Node.js' `resolve` hook. */
export async function resolve<Context extends { conditions?: readonly string[] }>(
  specifier: string,
  context: Context,
  next: (specifier: string, context: Context) => Promise<Resolved>,
): Promise<Resolved> {
  return answered(specifier, context) ?? next(specifier, context);
}

/** What a hook answers for our names; null for others. */
export function answered(
  specifier: string,
  { conditions }: { conditions?: readonly string[] },
): Resolved | null {
  const esm = conditions?.includes('require') !== true;
  const file = fileFor(specifier, esm);
  if (file === null) return null;
  const format = file.endsWith('.mjs') ? 'module' : 'commonjs';
  return { url: pathToFileURL(file).href, format, shortCircuit: true };
}
