/**
 * A setup file of Vitest, which runs it before each test file. Files that share a process get modules of their own, as
 * in a process of their own: the package's modules keep which warnings were printed, and the native module.
 */
import { vi } from 'vitest';

vi.resetModules();
