const { once } = require('node:events');
const { join } = require('node:path');
const { Worker } = require('node:worker_threads');

/** `kept.tell(name, message)` tells a thread something, and waits until that is done; see `told.cjs`. */
module.exports = ({ kept }) => {
  kept.tell = async (name, message) => {
    kept[name] ??= new Worker(join(__dirname, 'told.cjs'));
    kept[name].postMessage(message);
    await once(kept[name], 'message');
  };
};
