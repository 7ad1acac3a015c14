/** Starts the engines that a program chose as its backend, with `configure()` or by the environment. */

import { starters } from './backends';
import { startEngine, type Engine, type EngineOptions } from './engines';

starters.engine = (engine, config) => {
  startEngine(engine as Engine, config as EngineOptions);
};
