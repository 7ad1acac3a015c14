/**
 * A setup file of Vitest, which runs it before each test file. Test files that share a process load modules again, as in
 * a process of their own, because the package's modules have state: the warnings that were printed, and the native
 * module.
 */
import { vi } from 'vitest';

vi.resetModules();
