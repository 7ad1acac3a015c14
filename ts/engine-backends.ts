/** Starts the engines that a program chose as its backend, with `configure()` or by the environment. */

import { starters } from './backends';
import { startEngine } from './engines';

starters.engine = startEngine;
