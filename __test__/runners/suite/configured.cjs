/** Configuration of Jest: files as they are. */
module.exports = {
  transform: {},
  testMatch: ['**/*.test.cjs'],
  moduleFileExtensions: ['cjs', 'js', 'json'],
  maxWorkers: 2,
};
