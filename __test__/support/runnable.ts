/** A CommonJS file that is compiled once and run any number of times, each time as a module of its own. */
import { readFileSync } from 'node:fs';
import { createRequire, wrap } from 'node:module';
import { dirname } from 'node:path';
import { Script } from 'node:vm';

type Wrapper = (
  this: object,
  exports: object,
  require: NodeJS.Require,
  module: { exports: object },
  filename: string,
  dirname: string,
) => void;

/**
 * Compiles a file.
 *
 * @returns a function that runs the file, and returns its exports
 */
export function runnable(path: string): () => object {
  const script = new Script(wrap(readFileSync(path, 'utf8')), { filename: path });
  const require = createRequire(path);
  return () => {
    const module = { exports: {} };
    const wrapper = script.runInThisContext() as Wrapper;
    wrapper.call(module.exports, module.exports, require, module, path, dirname(path));
    return module.exports;
  };
}
