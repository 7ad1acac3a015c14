const { once } = require('node:events');
const { join } = require('node:path');
const { Worker } = require('node:worker_threads');

/**
 * `kept.tell(name, message)` sends a message to the thread with this name, and waits for its answer. The first message
 * starts the thread, which runs `told.cjs`.
 */
module.exports = ({ kept }) => {
  kept.tell = async (name, message) => {
    kept[name] ??= new Worker(join(__dirname, 'told.cjs'));
    kept[name].postMessage(message);
    await once(kept[name], 'message');
  };
};
