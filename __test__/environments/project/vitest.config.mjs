// Without this file Vitest would use the configuration of the repository into which this folder is copied.
export default {};
