/** A backend whose class needs a moment until it can be used. */
const Own = require('./own.cjs');

module.exports = class Slow extends Own {
  /** @override */
  static async initialize(config) {
    Own.initialize(config);
    await new Promise((resolve) => setTimeout(resolve, 50));
    globalThis.told.push('ready');
  }

  /** @override */
  open() {
    globalThis.told.push('open');
    return super.open();
  }
};
